#include "daemon/commands/status/status_selection.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>

namespace tokensyncd::commands {

namespace {

bool is_gone(const reported_workspace& each) {
  return each.state == "gone";
}

bool is_denied(const reported_workspace& each) {
  return each.state == "denied";
}

bool is_wanted(const reported_workspace& each, const status_selection& wanted) {
  return wanted.workspaces.empty() ||
         std::ranges::find(wanted.workspaces, each.id) != wanted.workspaces.end();
}

bool is_wanted(const reported_sink& each, const status_selection& wanted) {
  return wanted.sink.empty() || each.name == wanted.sink;
}

severity rank_of(const reported_workspace& whose, const reported_sink& sink) {
  if (is_gone(whose)) return severity::gone;
  if (is_denied(whose)) return severity::denied;
  if (!sink.in_sync) return sink.last_error.empty() ? severity::out_of_sync : severity::failing;
  if (!sink.hook_error.empty()) return severity::hook_failing;
  if (whose.rotation_unconfirmed) return severity::unconfirmed;
  // What a workspace has to say that is well otherwise is said of its token.
  if (whose.state == "ok" && !whose.last_error.empty()) return severity::token_refused;
  if (whose.state == "stale") return severity::unchecked;
  if (whose.state == "disputed") return severity::disputed;
  return sink.hook_pending ? severity::pending : severity::well;
}

status_row row_of(const reported_workspace& whose, const reported_sink& sink) {
  status_row row{&whose, &sink, rank_of(whose, sink), {}, {}};
  switch (row.rank) {
    case severity::failing:
      row.trouble = sink.last_error;
      row.since = sink.failing_since;
      break;
    case severity::out_of_sync:
      row.trouble = whose.last_error.empty() ? "not delivered yet" : whose.last_error;
      row.since = sink.out_of_sync_since;
      break;
    case severity::hook_failing:
      row.trouble = "its hook fails: " + sink.hook_error;
      row.since = sink.hook_failing_since;
      break;
    case severity::unconfirmed:
      row.trouble = "a rotation was asked for, and its result is not known yet";
      if (!whose.last_error.empty()) row.trouble += ": " + whose.last_error;
      row.since = whose.failing_since;
      break;
    case severity::pending:
      row.trouble = "its hook is pending";
      break;
    default:
      row.trouble = whose.last_error;
      row.since = whose.failing_since;
      break;
  }
  return row;
}

bool is_trouble(const status_row& row) {
  return row.rank != severity::well && row.rank != severity::pending;
}

/// Whether those of `which` are in sync that `counts` says to count.
bool are_in_sync(const std::vector<const reported_workspace*>& which,
                 const std::function<bool(const reported_sink&)>& counts) {
  const auto refused = [](const auto* each) { return is_gone(*each) || is_denied(*each); };
  // What is there may work still, but no new token will come for anybody.
  if (which.size() > 1 && std::ranges::all_of(which, refused)) return false;
  const bool gone_count =
      std::ranges::all_of(which, [](const auto* each) { return is_gone(*each); });
  return std::ranges::all_of(which, [&](const auto* each) {
    return (is_gone(*each) && !gone_count) ||
           std::ranges::all_of(each->sinks, [&](const reported_sink& sink) {
             return sink.in_sync || !counts(sink);
           });
  });
}

}  // namespace

std::vector<status_row> select(const status_report& report, const status_selection& wanted) {
  std::vector<status_row> rows;
  for (const auto& each : report.workspaces) {
    if (!is_wanted(each, wanted)) continue;
    for (const auto& sink : each.sinks) {
      if (!is_wanted(sink, wanted)) continue;
      status_row row = row_of(each, sink);
      if (!wanted.trouble || is_trouble(row)) rows.push_back(std::move(row));
    }
  }
  // What has no time is as new as can be.
  const auto order = [](const status_row& row) {
    return std::tuple(row.rank, row.since.value_or(wall_time::max()),
                      std::string_view{row.workspace->id}, std::string_view{row.sink->name});
  };
  std::ranges::sort(rows, {}, order);
  return rows;
}

std::string first_unknown(const status_report& report, const status_selection& wanted) {
  for (const auto& id : wanted.workspaces) {
    const bool known = std::ranges::find(report.workspaces, id, &reported_workspace::id) !=
                       report.workspaces.end();
    if (!known) return "workspace " + id;
  }
  if (wanted.sink.empty()) return {};
  const auto has_sink = [&](const reported_workspace& each) {
    return std::ranges::find(each.sinks, wanted.sink, &reported_sink::name) != each.sinks.end();
  };
  return std::ranges::any_of(report.workspaces, has_sink) ? "" : "sink " + wanted.sink;
}

bool all_in_sync(const status_report& report, const status_selection& wanted) {
  std::vector<const reported_workspace*> which;
  for (const auto& each : report.workspaces) {
    if (is_wanted(each, wanted)) which.push_back(&each);
  }
  return are_in_sync(which, [&](const reported_sink& sink) { return is_wanted(sink, wanted); });
}

bool all_required_in_sync(const status_report& report, const status_selection& wanted) {
  std::vector<const reported_workspace*> which;
  for (const auto& each : report.workspaces) {
    const bool is_named = !wanted.workspaces.empty();
    if (is_named ? is_wanted(each, wanted) : each.required) which.push_back(&each);
  }
  return are_in_sync(
      which, [&](const reported_sink& sink) { return sink.required && is_wanted(sink, wanted); });
}

}  // namespace tokensyncd::commands
