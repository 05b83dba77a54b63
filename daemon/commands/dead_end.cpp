#include "daemon/commands/dead_end.hpp"

#include <algorithm>
#include <cstddef>

namespace tokensyncd::commands {
namespace {

/// A clock that is wrong after a boot is set by itself.
bool needs_person(failure_kind cause) {
  return !is_retryable(cause) && cause != failure_kind::clock_skew &&
         cause != failure_kind::cancelled;
}

bool needs_person(const std::optional<failure_kind>& cause) {
  return cause && needs_person(*cause);
}

enum class prospect { done, may_change, in_vain };

prospect prospect_of(const sync::workspace_status& each, bool api_refuses, wall_time started) {
  if (each.state == sync::workspace_state::gone) return prospect::done;
  const bool is_refused = api_refuses || each.state == sync::workspace_state::denied;
  const bool is_answered =
      each.last_error.empty() && each.last_success && *each.last_success >= started;
  if (!is_answered && !is_refused) return prospect::may_change;
  const bool has_no_token = !is_answered && each.wanted.generation == 0;
  bool is_in_vain = !is_answered;
  for (const auto& sink : each.sinks) {
    if (sink.in_sync && !sink.hook_pending) continue;
    // A hook that fails is run again, and may succeed.
    if (sink.in_sync || (!has_no_token && !needs_person(sink.cause))) return prospect::may_change;
    is_in_vain = true;
  }
  return is_in_vain ? prospect::in_vain : prospect::done;
}

}  // namespace

std::optional<std::string> dead_end(const sync::status_view& view, wall_time started) {
  const sync::fleet_status fleet = view.fleet();
  const bool api_refuses = fleet.api && needs_person(fleet.api->cause);
  const auto needs_one = [](const sync::sink_totals& sink) { return needs_person(sink.cause); };
  const bool denies = fleet.workspaces[static_cast<std::size_t>(sync::workspace_state::denied)] > 0;
  // Looking at each workspace isn't free.
  if (!api_refuses && !denies && std::ranges::none_of(fleet.sinks, needs_one)) return std::nullopt;
  bool found = false;
  sync::workspace_status each;
  for (std::string after; view.next(after, each); after = each.id) {
    const prospect how = prospect_of(each, api_refuses, started);
    if (how == prospect::may_change) return std::nullopt;
    found |= how == prospect::in_vain;
  }
  if (!found) return std::nullopt;
  if (api_refuses && !fleet.api->sentence.empty()) return std::string(fleet.api->sentence);
  return "What is left changes only when somebody mends its cause.";
}

}  // namespace tokensyncd::commands
