#include "daemon/commands/rotate/rotation_report.hpp"

#include <algorithm>

#include "daemon/runtime/text.hpp"

namespace tokensyncd::commands {

namespace {

std::string obstacles_of(const rotation_line& line) {
  std::string text;
  for (const auto& each : line.sinks) {
    text += "  " + each.sink + ": not ready for a new token: " + printable(each.last_error) + '\n';
  }
  return text;
}

}  // namespace

std::string render_rotation(const rotation_line& line) {
  std::string text = printable(line.workspace) + ": ";
  if (line.outcome == "young") {
    return text + "not rotated, because it is younger than --if-older-than\n";
  }
  if (line.outcome == "unknown") {
    return text + "may have been rotated; the next check shows it\n";
  }
  if (line.outcome != "rotated") {
    return text + "not rotated\n" + (line.outcome == "obstructed" ? obstacles_of(line) : "");
  }
  const auto there = std::count_if(line.sinks.begin(), line.sinks.end(),
                                   [](const auto& each) { return each.in_sync; });
  text += "rotated to generation " + std::to_string(line.generation) + " (" + line.fingerprint +
          "), delivered to " + std::to_string(there) + " of " + std::to_string(line.sinks.size()) +
          (line.sinks.size() == 1 ? " sink" : " sinks");
  if (line.confirmed) {
    text += ", confirmed";
  }
  if (line.answer_lost) {
    text += "; the answer was lost, but the next check found the new token";
  }
  text += '\n';
  for (const auto& each : line.sinks) {
    if (!each.in_sync) {
      text += "  " + each.sink + ": not yet" +
              (each.last_error.empty() ? "" : ", " + printable(each.last_error)) + '\n';
    }
  }
  return text;
}

std::string next_step(const rotation_line& line, rotated_by whom) {
  if (line.done || (line.outcome != "rotated" && line.outcome != "unknown")) return {};
  if (line.outcome == "unknown") {
    if (whom == rotated_by::daemon) return {};
    return "; run `tokensyncd once " + printable(line.workspace) +
           "` or start the daemon: both fetch the current token and deliver it";
  }
  if (whom == rotated_by::daemon) return "; the daemon retries, see `tokensyncd status`";
  return "; this command does not retry: fix the cause, then run `tokensyncd once " +
         printable(line.workspace) +
         "` or start the daemon: both fetch the new token and deliver it";
}

bool may_go_on(const rotation_line& line) {
  return line.done || line.outcome == "refused" || line.outcome == "busy" ||
         line.outcome == "obstructed";
}

}  // namespace tokensyncd::commands
