#include "daemon/commands/status/status_table.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/commands/console/table.hpp"

namespace tokensyncd::commands {

namespace {

using cells = std::vector<std::string>;

std::string short_duration(std::chrono::microseconds value) {
  using namespace std::chrono_literals;
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(value);
  if (whole < 2min) return std::to_string(whole / 1s) + "s";
  if (whole < 2h) return std::to_string(whole / 1min) + "m";
  return whole < 48h ? std::to_string(whole / 1h) + "h" : std::to_string(whole / 24h) + "d";
}

std::string ago(std::optional<wall_time> when, wall_time now) {
  return when ? short_duration(std::max(now - *when, wall_time::duration::zero())) + " ago"
              : "never";
}

std::string ahead(std::optional<wall_time> when, wall_time now) {
  if (!when) return "-";
  return *when <= now ? "now" : "in " + short_duration(*when - now);
}

/// Those types of which one came, or that none did; empty where events aren't listened for.
std::string events_line(const status_report& report, wall_time now) {
  if (!report.events) return {};
  std::string line;
  for (const auto& [type, when] : *report.events) {
    if (when) line += (line.empty() ? "" : ", ") + type + " " + ago(when, now);
  }
  return "last events: " + (line.empty() ? "none since start" : line) + "\n";
}

/// Whether the newest token is there; a workspace that the API has none for isn't in sync.
std::string in_sync_of(const status_row& row) {
  if (row.rank == severity::gone || row.rank == severity::denied) return "-";
  return row.sink->in_sync ? "yes" : "no";
}

std::string since_of(const status_row& row, wall_time now) {
  if (!row.since) return "-";
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(*row.since)) + " (" +
         ago(row.since, now) + ")";
}

/// Empty where the daemon rotates nothing by itself, or has stopped, which the details say.
std::string policy_line(const status_report& report, wall_time now) {
  if (!report.policy || !report.policy->next_at) return {};
  const std::string line = "next rotation by policy: " + report.policy->next_workspace + " ";
  if (!report.policy->waiting.empty()) return line + "waits: " + report.policy->waiting + "\n";
  const auto second = std::chrono::floor<std::chrono::seconds>(*report.policy->next_at);
  return line + ahead(report.policy->next_at, now) + " (" + format_rfc3339(second) + ")\n";
}

/// A line of each row, made by `line_of`, under `headings`.
template <class LineOf>
std::string render(std::span<const status_row> rows, std::size_t limit, cells headings,
                   LineOf line_of) {
  if (rows.empty()) return "nothing to show\n";
  std::vector<cells> lines{std::move(headings)};
  for (const status_row& row : rows) lines.push_back(line_of(row));
  return render_table(std::move(lines), limit);
}

}  // namespace

std::string render_head(const status_report& report, wall_time now) {
  std::string text = report.summary + '\n' + (report.ready ? "ready" : "NOT ready");
  if (!report.host.empty()) text += ", " + report.host;
  text += ", tokensyncd " + report.version + '\n';
  for (const std::string& each : report.details) text += "- " + each + '\n';
  return text + events_line(report, now) + policy_line(report, now);
}

std::string render_rows(std::span<const status_row> rows, std::size_t limit, wall_time now) {
  const auto line_of = [now](const status_row& row) {
    const reported_workspace& of = *row.workspace;
    return cells{of.id,
                 of.state,
                 std::to_string(of.generation),
                 of.fingerprint.empty() ? "-" : of.fingerprint,
                 of.rotated_at ? format_rfc3339(*of.rotated_at) : "-",
                 ago(of.last_success, now),
                 ahead(of.next_check, now),
                 row.sink->name,
                 in_sync_of(row),
                 since_of(row, now),
                 row.trouble};
  };
  return render(rows, limit,
                {"WORKSPACE", "STATE", "GENERATION", "FINGERPRINT", "ROTATED", "CHECKED", "NEXT",
                 "SINK", "IN SYNC", "SINCE", "TROUBLE"},
                line_of);
}

std::string render_narrow_rows(std::span<const status_row> rows, std::size_t limit, wall_time now) {
  const auto line_of = [now](const status_row& row) {
    return cells{row.workspace->id,
                 row.workspace->state,
                 row.sink->name,
                 in_sync_of(row),
                 row.since ? ago(row.since, now) : "-",
                 row.trouble};
  };
  return render(rows, limit, {"WORKSPACE", "STATE", "SINK", "IN SYNC", "SINCE", "TROUBLE"},
                line_of);
}

}  // namespace tokensyncd::commands
