#include "daemon/commands/rotation_report.hpp"

#include <algorithm>
#include <cstdint>

#include <boost/json.hpp>

#include "daemon/runtime/text.hpp"

namespace tokensyncd::commands {

namespace {

namespace json = boost::json;

std::string printable(std::string_view text) {
  std::string shown;
  append_printable(shown, text, 256);
  return shown;
}

std::string obstacles_of(const rotation_line& line) {
  std::string text;
  for (const auto& each : line.sinks) {
    text += "  " + each.sink + ": wouldn't take a new token, " + printable(each.last_error) + '\n';
  }
  return text;
}

}  // namespace

std::string_view word_of(sync::rotation_end how) noexcept {
  switch (how) {
    case sync::rotation_end::rotated:
      return "rotated";
    case sync::rotation_end::young:
      return "young";
    case sync::rotation_end::refused:
      return "refused";
    case sync::rotation_end::unknown:
      return "unknown";
    case sync::rotation_end::not_asked:
      return "not_asked";
    case sync::rotation_end::obstructed:
      return "obstructed";
    case sync::rotation_end::busy:
      return "busy";
    case sync::rotation_end::unknown_workspace:
      break;
  }
  return "unknown_workspace";
}

rotation_line rotation_line_of(const sync::rotation_report& report) {
  rotation_line line;
  line.workspace = report.workspace;
  line.outcome = word_of(report.how);
  line.answer_lost = report.answer_lost;
  line.confirmed = report.confirmed;
  line.done = sync::is_done(report);
  line.generation = report.now.generation;
  if (report.now.generation != 0) line.fingerprint = report.now.token.short_hex();
  if (report.now.rotated_at) line.rotated_at = format_rfc3339(*report.now.rotated_at);
  line.why = report.why;
  for (const auto& each : report.sinks) {
    line.sinks.push_back({each.sink, each.in_sync, each.last_error});
  }
  return line;
}

std::string write_rotation(const rotation_line& line) {
  json::object sinks;
  for (const auto& each : line.sinks) {
    sinks[each.sink] = json::object{{"in_sync", each.in_sync}, {"last_error", each.last_error}};
  }
  const json::object whole{{"workspace", line.workspace},
                           {"outcome", line.outcome},
                           {"answer_lost", line.answer_lost},
                           {"confirmed", line.confirmed},
                           {"done", line.done},
                           {"generation", line.generation},
                           {"fingerprint", line.fingerprint},
                           {"rotated_at", line.rotated_at},
                           {"why", line.why},
                           {"sinks", std::move(sinks)}};
  return json::serialize(whole);
}

result<rotation_line> read_rotation(std::string_view text) {
  try {
    const auto whole = json::parse({text.data(), text.size()});
    const auto& from = whole.as_object();
    const auto member = [&from](const char* name) {
      return std::string{from.at(name).as_string()};
    };
    rotation_line line;
    line.workspace = member("workspace");
    line.outcome = member("outcome");
    line.answer_lost = from.at("answer_lost").as_bool();
    line.confirmed = from.at("confirmed").as_bool();
    line.done = from.at("done").as_bool();
    line.generation = from.at("generation").to_number<std::int64_t>();
    line.fingerprint = member("fingerprint");
    line.rotated_at = member("rotated_at");
    line.why = member("why");
    for (const auto& [name, value] : from.at("sinks").as_object()) {
      const auto& sink = value.as_object();
      line.sinks.push_back({std::string{name}, sink.at("in_sync").as_bool(),
                            std::string{sink.at("last_error").as_string()}});
    }
    return line;
  } catch (const std::exception&) {
    return failure{failure_kind::malformed,
                   "what the daemon answers can't be read: is it of another version than this "
                   "program? `tokensyncd status` shows what came of the rotation"};
  }
}

std::string render_rotation(const rotation_line& line) {
  std::string text = printable(line.workspace) + ": ";
  if (line.outcome == "young") {
    return text + "left as it is, not older than asked for\n";
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
          (line.sinks.size() == 1 ? " place" : " places");
  if (line.confirmed) {
    text += ", confirmed";
  }
  if (line.answer_lost) {
    text += "; its answer was lost, the check that followed found it";
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

std::string next_step(const rotation_line& line, bool daemon_runs) {
  if (line.done || (line.outcome != "rotated" && line.outcome != "unknown")) return {};
  if (line.outcome == "unknown") {
    if (daemon_runs) return {};
    return "; run `tokensyncd once " + printable(line.workspace) +
           "`, which asks the API and delivers the token that it has, as a daemon does that is "
           "started";
  }
  if (daemon_runs) return "; the daemon goes on, see `tokensyncd status`";
  return "; nothing goes on when this command ends: correct what is wrong, then `tokensyncd once " +
         printable(line.workspace) +
         "` fetches the new token again and delivers it, as a daemon does that is started";
}

bool may_go_on(const rotation_line& line) {
  return line.done || line.outcome == "refused" || line.outcome == "busy" ||
         line.outcome == "obstructed";
}

}  // namespace tokensyncd::commands
