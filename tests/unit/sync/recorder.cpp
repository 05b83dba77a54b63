#include "tests/unit/sync/recorder.hpp"

#include <algorithm>

namespace tokensyncd::sync {
namespace {

std::string name_of(write_result how) {
  switch (how) {
    case write_result::written:
      return "written";
    case write_result::unchanged:
      return "unchanged";
    case write_result::repaired:
      return "repaired";
  }
  return "?";
}

}  // namespace

std::size_t recorder::count(std::string_view start) const {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.starts_with(start); }));
}

void recorder::checked(const check_event& what) {
  constexpr std::string_view names[] = {"changed",   "unchanged", "stale", "error",
                                        "throttled", "denied",    "gone"};
  lines.push_back("checked " + std::string(what.workspace) + " " +
                  std::string(names[static_cast<std::size_t>(what.how)]));
  if (what.rotated_at_unreadable) lines.push_back("no time " + std::string(what.workspace));
  if (what.rotated_at_unreadable_is_new) {
    lines.push_back("new: no time " + std::string(what.workspace));
  }
}

void recorder::revised(const revision_event& what) {
  std::string line = what.before.generation == 0 ? "first "
                     : what.rotated_at_filled_in ? "filled_in "
                                                 : "rotated ";
  line += std::string(what.workspace) + " " + std::to_string(what.before.generation) + "->" +
          std::to_string(what.now.generation) + " " + std::string(to_string(what.why));
  if (what.rotated_at_went_back) line += " went_back";
  lines.push_back(line);
}

void recorder::answered_stale(const stale_event& what) {
  lines.push_back("stale " + std::string(what.workspace));
}

void recorder::delivered(const delivery_event& what) {
  lines.push_back("delivered " + std::string(what.workspace) + " " + std::string(what.sink) + " " +
                  std::to_string(what.what.generation) + " " + name_of(what.how) +
                  (what.propagation ? " propagated" : ""));
}

void recorder::delivery_failed(const delivery_failure_event& what) {
  lines.push_back("failed " + std::string(what.workspace) + " " + std::string(what.sink));
}

void recorder::drifted(std::string_view workspace, std::string_view sink) {
  lines.push_back("drifted " + std::string(workspace) + " " + std::string(sink));
}

void recorder::upstream_changed(const upstream_event& what) {
  constexpr std::string_view names[] = {"normal", "throttled", "down"};
  lines.push_back("upstream " + std::string(names[static_cast<std::size_t>(what.now)]));
  paused_until.push_back(what.until);
}

void recorder::denied_all(std::size_t workspaces) {
  lines.push_back("denied all " + std::to_string(workspaces));
}

void recorder::gone_all(std::size_t workspaces) {
  lines.push_back("gone all " + std::to_string(workspaces));
}

void recorder::state_failed(const failure&) {
  lines.push_back("state failed");
}

void recorder::task_failed(const failure& fault) {
  lines.push_back("fault " + fault.sentence);
}

void recorder::retired(const retirement_event& what) {
  lines.push_back("retired " + std::string(what.workspace) + " " + std::string(what.sink) +
                  (what.withdrawn ? " withdrawn" : ""));
}

void recorder::hook_ran(const hook_event& what) {
  lines.push_back("hook " + std::string(what.sink) + " " + std::to_string(what.changes) +
                  (what.error == nullptr ? " ok" : " failed"));
}

void recorder::rotating(const rotation_event& what) {
  constexpr std::string_view names[] = {"asking", "refused", "lost"};
  lines.push_back("rotating " + std::string(what.workspace) + " " +
                  std::string(names[static_cast<std::size_t>(what.step)]));
}

void recorder::verified(const verification_event& what) {
  constexpr std::string_view names[] = {"works", "refused", "unknown"};
  lines.push_back("verified " + std::string(what.workspace) + " " +
                  std::string(names[static_cast<std::size_t>(what.how)]));
}

}  // namespace tokensyncd::sync
