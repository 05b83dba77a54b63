#include "daemon/commands/status/status_report.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/json.hpp>

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
  out.stored_ms = since_due(from, "stored_at");
  for (const auto& [name, value] : from.at("sinks").as_object()) {
    const auto& sink = value.as_object();
    out.sinks.push_back({std::string{name}, since_due(sink, "delivered_at").value_or(0),
                         since_due(sink, "hook_done_at")});
  }
  return out;
}

reported_sink sink_of(std::string_view name, const json::object& from) {
  reported_sink out;
  out.name = name;
  out.in_sync = from.at("in_sync").as_bool();
  out.last_error = text(from, "last_error");
  out.consecutive_failures = from.at("consecutive_failures").to_number<std::int64_t>();
  out.required = from.at("required").as_bool();
  out.failing_since = moment(from, "failing_since");
  out.out_of_sync_since = moment(from, "out_of_sync_since");
  out.hook_pending = from.at("hook_pending").as_bool();
  out.hook_error = text(from, "hook_error");
  out.hook_failing_since = moment(from, "hook_failing_since");
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
  out.failing_since = moment(from, "failing_since");
  out.rotation_unconfirmed = from.at("rotation_unconfirmed").as_bool();
  out.required = from.at("required").as_bool();
  for (const auto& [name, value] : from.at("sinks").as_object()) {
    out.sinks.push_back(sink_of(name, value.as_object()));
  }
  for (const auto& each : from.at("rotations").as_array()) {
    out.rotations.push_back(rotation_of(each.as_object()));
  }
  return out;
}

}  // namespace

result<status_report> read_status(std::string_view text_of_it) {
  try {
    const auto whole = json::parse({text_of_it.data(), text_of_it.size()});
    const auto& top = whole.as_object();
    status_report out;
    out.version = text(top, "version");
    out.ready = top.at("ready").as_bool();
    out.host = text(top, "host");
    out.summary = text(top, "summary");
    for (const auto& each : top.at("details").as_array())
      out.details.emplace_back(each.as_string());
    if (const auto* webhook = top.if_contains("webhook"); webhook && !webhook->is_null()) {
      auto& events = out.events.emplace();
      const auto& last = webhook->as_object().at("last_events").as_object();
      for (const auto& [type, when] : last) {
        events.emplace_back(std::string{type}, moment(last, type));
      }
    }
    if (const auto* policy = top.if_contains("rotation_policy"); policy && !policy->is_null()) {
      const auto& from = policy->as_object();
      out.policy = {text(from, "next_workspace"), moment(from, "next_at"), text(from, "waiting")};
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

std::string essence(const status_report& report) {
  json::array all;
  for (const auto& each : report.workspaces) {
    json::array one{each.id,          each.state,      each.generation,
                    each.fingerprint, each.last_error, each.rotation_unconfirmed};
    one.push_back(each.rotated_at ? json::value(format_rfc3339(*each.rotated_at)) : nullptr);
    for (const auto& sink : each.sinks) {
      one.push_back(json::array{sink.name, sink.in_sync, sink.last_error, sink.hook_pending});
    }
    all.push_back(std::move(one));
  }
  return (report.ready ? "ready " : "not ready ") + json::serialize(all);
}

}  // namespace tokensyncd::commands
