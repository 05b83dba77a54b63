#include "tests/unit/sync/world/recorder.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

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

void recorder::note(std::string line) {
  lines.push_back(std::move(line));
  if (throws_at.empty() || !lines.back().starts_with(throws_at)) return;
  throw std::logic_error("token a2");
}

void recorder::checked(const check_event& what) {
  constexpr std::string_view names[] = {"changed",   "unchanged", "stale", "error",
                                        "throttled", "denied",    "gone"};
  note("checked " + std::string(what.workspace) + " " +
       std::string(names[static_cast<std::size_t>(what.how)]));
  if (what.error != nullptr && what.whose == blame::workspace) ++own_failures;
  if (what.rotated_at_unreadable) note("no time " + std::string(what.workspace));
  if (what.rotated_at_unreadable_is_new) {
    note("new: no time " + std::string(what.workspace));
  }
}

void recorder::revised(const revision_event& what) {
  std::string line = what.before.generation == 0 ? "first "
                     : what.rotated_at_filled_in ? "filled_in "
                                                 : "rotated ";
  line += std::string(what.workspace) + " " + std::to_string(what.before.generation) + "->" +
          std::to_string(what.now.generation) + " " + std::string(to_string(what.why));
  if (what.rotated_at_went_back) line += " went_back";
  note(line);
}

void recorder::answered_stale(const stale_event& what) {
  note("stale " + std::string(what.workspace));
}

void recorder::delivered(const delivery_event& what) {
  note("delivered " + std::string(what.workspace) + " " + std::string(what.sink) + " " +
       std::to_string(what.what.generation) + " " + name_of(what.how) +
       (what.propagation ? " propagated" : ""));
}

void recorder::delivery_failed(const delivery_failure_event& what) {
  note("failed " + std::string(what.workspace) + " " + std::string(what.sink));
}

void recorder::drifted(std::string_view workspace, std::string_view sink) {
  note("drifted " + std::string(workspace) + " " + std::string(sink));
}

void recorder::upstream_changed(const upstream_event& what) {
  constexpr std::string_view names[] = {"normal", "throttled", "down"};
  note("upstream " + std::string(names[static_cast<std::size_t>(what.now)]));
  paused_until.push_back(what.until);
}

void recorder::denied_all(std::size_t workspaces) {
  note("denied all " + std::to_string(workspaces));
}

void recorder::gone_all(std::size_t workspaces) {
  lines.push_back("gone all " + std::to_string(workspaces));
}

void recorder::state_failed(const failure&) {
  note("state failed");
}

void recorder::task_failed(const failure& fault) {
  note("fault " + fault.sentence);
}

void recorder::retired(const retirement_event& what) {
  if (what.error != nullptr) ++errors_of_removals;
  note("retired " + std::string(what.workspace) + " " + std::string(what.sink) +
       (what.withdrawn ? " withdrawn" : ""));
}

void recorder::hook_ran(const hook_event& what) {
  note("hook " + std::string(what.sink) + " " + std::to_string(what.changes) +
       (what.error == nullptr ? " ok" : " failed"));
}

void recorder::rotating(const rotation_event& what) {
  constexpr std::string_view names[] = {"asking", "refused", "lost"};
  note("rotating " + std::string(what.workspace) + " " +
       std::string(names[static_cast<std::size_t>(what.step)]));
}

void recorder::policy_changed(const policy_event& what) {
  note((what.step == policy_step::stopped ? "policy stopped " : "policy postponed ") +
       std::string(what.workspace));
}

void recorder::verified(const verification_event& what) {
  constexpr std::string_view names[] = {"works", "refused", "unknown"};
  note("verified " + std::string(what.workspace) + " " +
       std::string(names[static_cast<std::size_t>(what.how)]));
}

}  // namespace tokensyncd::sync
