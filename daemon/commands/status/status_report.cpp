#include "daemon/commands/status/status_report.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/json.hpp>

#include "daemon/commands/console/table.hpp"

namespace tokensyncd::commands {

namespace {

namespace json = boost::json;

/// A member that is text; empty where it is null.
std::string text(const json::object& from, std::string_view name) {
  const auto& value = from.at(name);
  return value.is_null() ? std::string{} : std::string{value.as_string()};
}

std::optional<wall_time> moment(const json::object& from, std::string_view name) {
  const auto& value = from.at(name);
  return value.is_null() ? std::nullopt : parse_rfc3339(value.as_string());
}

reported_rotation rotation_of(const json::object& from) {
  reported_rotation out;
  out.generation = from.at("generation").to_number<std::int64_t>();
  out.trigger = text(from, "trigger");
  out.due = moment(from, "due_at");
  const auto since_due = [&](const json::object& where, std::string_view name) {
    const auto when = moment(where, name);
    using milliseconds = std::chrono::duration<double, std::milli>;
    return out.due && when ? std::optional(milliseconds(*when - *out.due).count()) : std::nullopt;
  };
  out.asked_ms = since_due(from, "asked_at").value_or(0);
  out.answered_ms = since_due(from, "answered_at").value_or(0);
  out.stored_ms = since_due(from, "stored_at").value_or(0);
  for (const auto& [name, value] : from.at("sinks").as_object()) {
    const auto& sink = value.as_object();
    out.sinks.push_back({std::string{name}, since_due(sink, "delivered_at").value_or(0),
                         since_due(sink, "hook_done_at")});
  }
  return out;
}

reported_workspace workspace_of(const json::object& from) {
  reported_workspace out;
  out.id = text(from, "id");
  out.state = text(from, "state");
  out.generation = from.at("generation").to_number<std::int64_t>();
  out.fingerprint = text(from, "fingerprint");
  out.rotated_at = moment(from, "rotated_at");
  out.last_success = moment(from, "last_success");
  out.next_check = moment(from, "next_check");
  out.last_error = text(from, "last_error");
  for (const auto& [name, value] : from.at("sinks").as_object()) {
    const auto& sink = value.as_object();
    out.sinks.push_back({std::string{name}, sink.at("in_sync").as_bool(), text(sink, "last_error"),
                         sink.at("consecutive_failures").to_number<std::int64_t>(),
                         sink.at("hook_pending").as_bool(), text(sink, "hook_error")});
  }
  for (const auto& each : from.at("rotations").as_array()) {
    out.rotations.push_back(rotation_of(each.as_object()));
  }
  return out;
}

std::string short_duration(std::chrono::microseconds value) {
  using namespace std::chrono_literals;
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(value);
  if (whole < 2min) {
    return std::to_string(whole / 1s) + "s";
  }
  if (whole < 2h) {
    return std::to_string(whole / 1min) + "m";
  }
  return whole < 48h ? std::to_string(whole / 1h) + "h" : std::to_string(whole / 24h) + "d";
}

std::string ago(std::optional<wall_time> when, wall_time now) {
  return when ? short_duration(std::max(now - *when, wall_time::duration::zero())) + " ago"
              : "never";
}

std::string ahead(std::optional<wall_time> when, wall_time now) {
  if (!when) {
    return "-";
  }
  return *when <= now ? "now" : "in " + short_duration(*when - now);
}

std::string trouble_of(const reported_workspace& whose, const reported_sink& sink) {
  if (!sink.last_error.empty()) {
    return sink.last_error;
  }
  if (!whose.last_error.empty() || !sink.hook_pending) {
    return whose.last_error;
  }
  return "its hook is pending" + (sink.hook_error.empty() ? "" : ": " + sink.hook_error);
}

std::string headline(const status_report& report) {
  return std::to_string(report.workspaces.size()) + " workspaces, " + report.summary +
         (report.ready ? ", ready\n" : ", not ready\n");
}

/// Those types of which one came, or that none did; empty where events aren't listened for.
std::string events_line(const status_report& report, wall_time now) {
  if (!report.events) {
    return {};
  }
  std::string line;
  for (const auto& [type, when] : *report.events) {
    if (when) {
      line += (line.empty() ? "" : ", ") + type + " " + ago(when, now);
    }
  }
  return "last events: " + (line.empty() ? "none since start" : line) + "\n";
}

}  // namespace

result<status_report> read_status(std::string_view text_of_it) {
  try {
    const auto whole = json::parse({text_of_it.data(), text_of_it.size()});
    const auto& top = whole.as_object();
    status_report out;
    out.version = text(top, "version");
    out.ready = top.at("ready").as_bool();
    out.summary = text(top, "summary");
    if (const auto* webhook = top.if_contains("webhook"); webhook && !webhook->is_null()) {
      auto& events = out.events.emplace();
      const auto& last = webhook->as_object().at("last_events").as_object();
      for (const auto& [type, when] : last) {
        events.emplace_back(std::string{type}, moment(last, type));
      }
    }
    for (const auto& each : top.at("workspaces").as_array()) {
      out.workspaces.push_back(workspace_of(each.as_object()));
    }
    return out;
  } catch (const std::exception&) {
    return failure{failure_kind::malformed,
                   "the daemon's status cannot be read; check that the daemon and this program "
                   "have the same version"};
  }
}

bool all_in_sync(const status_report& report) {
  const auto is_gone = [](const auto& each) { return each.state == "gone"; };
  const auto is_refused = [&](const auto& each) { return is_gone(each) || each.state == "denied"; };
  const auto& all = report.workspaces;
  // What is there may work still, but no new token will come for anybody.
  if (all.size() > 1 && std::ranges::all_of(all, is_refused)) return false;
  const bool gone_count = std::ranges::all_of(all, is_gone);
  return std::ranges::all_of(all, [&](const auto& each) {
    return (is_gone(each) && !gone_count) ||
           std::ranges::all_of(each.sinks, [](const auto& sink) { return sink.in_sync; });
  });
}

std::string essence(const status_report& report) {
  json::array all;
  for (const auto& each : report.workspaces) {
    json::array one{each.id, each.state, each.generation, each.fingerprint, each.last_error};
    one.push_back(each.rotated_at ? json::value(format_rfc3339(*each.rotated_at)) : nullptr);
    for (const auto& sink : each.sinks) {
      one.push_back(json::array{sink.name, sink.in_sync, sink.last_error, sink.hook_pending});
    }
    all.push_back(std::move(one));
  }
  return (report.ready ? "ready " : "not ready ") + json::serialize(all);
}

std::string render_status(const status_report& report, wall_time now) {
  std::vector<std::vector<std::string>> lines{{"WORKSPACE", "STATE", "GENERATION", "FINGERPRINT",
                                               "ROTATED", "CHECKED", "NEXT", "SINK", "IN SYNC",
                                               "TROUBLE"}};
  for (const auto& each : report.workspaces) {
    for (const auto& sink : each.sinks) {
      lines.push_back({each.id, each.state, std::to_string(each.generation),
                       each.fingerprint.empty() ? "-" : each.fingerprint,
                       each.rotated_at ? format_rfc3339(*each.rotated_at) : "-",
                       ago(each.last_success, now), ahead(each.next_check, now), sink.name,
                       sink.in_sync ? "yes" : "no", trouble_of(each, sink)});
    }
  }
  return headline(report) + events_line(report, now) + '\n' + render_table(lines);
}

}  // namespace tokensyncd::commands
