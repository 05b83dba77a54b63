#include "daemon/telemetry/status_json.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "daemon/runtime/json_object.hpp"
#include "daemon/runtime/text.hpp"
#include "daemon/telemetry/scrape.hpp"

namespace tokensyncd::telemetry {
namespace {

void append_sink(std::string& out, const sync::sink_status& of) {
  json_object object(out);
  object.text("type", of.type)
      .boolean("in_sync", of.in_sync)
      .number("generation", of.generation)
      .time("last_success", of.last_success)
      .text_or_null("last_error", of.last_error)
      .number("consecutive_failures", of.consecutive_failures)
      .time("failing_since", of.failing_since)
      .time("out_of_sync_since", of.out_of_sync_since)
      .boolean("required", of.required)
      .boolean("hook_pending", of.hook_pending)
      .text_or_null("hook_error", of.hook_error)
      .time("hook_failing_since", of.hook_failing_since);
  object.end();
}

/// The newest first, as who looks wants to know of the latest.
void append_rotations(std::string& out, std::span<const sync::past_rotation> all) {
  out += '[';
  for (auto each = all.rbegin(); each != all.rend(); ++each) {
    if (each != all.rbegin()) out += ',';
    json_object object(out);
    object.number("generation", each->generation)
        .text("trigger", to_string(each->why))
        .time("rotated_at", each->rotated_at)
        .time("due_at", each->times.due)
        .time("asked_at", each->times.asked)
        .time("answered_at", each->times.answered)
        .time("stored_at", each->times.stored);
    json_object sinks(object.member("sinks"));
    for (const sync::arrival& one : each->sinks) {
      json_object sink(sinks.member(one.sink));
      sink.time("delivered_at", one.delivered).time("hook_done_at", one.hook_done).end();
    }
    sinks.end();
    object.end();
  }
  out += ']';
}

void append_details(std::string& out, const std::vector<std::string>& details) {
  out += '[';
  for (const std::string& each : details) {
    if (&each != &details.front()) out += ',';
    append_json_string(out, each);
  }
  out += ']';
}

/// Null where events aren't listened for.
void append_events(json_object& head, const std::optional<metrics::last_events>& last) {
  if (!last) {
    head.text_or_null("webhook", {});
    return;
  }
  json_object webhook(head.member("webhook"));
  json_object events(webhook.member("last_events"));
  for (std::size_t i = 0; i < last->size(); ++i)
    events.time(metrics::webhook_event_types[i], (*last)[i]);
  events.end();
  webhook.end();
}

/// Null where no workspace has a policy.
void append_policy(json_object& head, const std::optional<sync::policy_status>& policy) {
  if (!policy) {
    head.text_or_null("rotation_policy", {});
    return;
  }
  json_object out(head.member("rotation_policy"));
  const bool has_next = !policy->workspace.empty();
  out.text_or_null("next_workspace", policy->workspace)
      .time("next_at", has_next ? std::optional(policy->at) : std::nullopt)
      .text_or_null("waiting", policy->waiting)
      .text_or_null("stopped", policy->stopped);
  out.end();
}

void append_certificates(std::string& out, const std::vector<certificate>& all) {
  out += '[';
  for (const certificate& each : all) {
    if (&each != &all.front()) out += ',';
    json_object object(out);
    object.text("used_by", each.used_by).text("file", each.file).time("expires_at", each.expires);
    object.text_or_null("trouble", each.trouble).end();
  }
  out += ']';
}

}  // namespace

void append_workspace(std::string& out, const sync::workspace_status& of) {
  const bool known = of.wanted.generation != 0;
  json_object object(out);
  object.text("id", of.id)
      .text("state", to_string(of.state))
      .number("generation", of.wanted.generation)
      .text_or_null("fingerprint", known ? of.wanted.token.short_hex() : std::string())
      .time("rotated_at", of.wanted.rotated_at)
      .time("last_attempt", of.last_attempt)
      .time("last_success", of.last_success)
      .time("next_check", of.next_check)
      .text_or_null("last_error", of.last_error)
      .time("failing_since", of.failing_since)
      .boolean("rotation_unconfirmed", of.rotation_unconfirmed)
      .boolean("required", of.required);
  json_object sinks(object.member("sinks"));
  for (const sync::sink_status& sink : of.sinks) append_sink(sinks.member(sink.name), sink);
  sinks.end();
  append_rotations(object.member("rotations"), of.latest);
  object.end();
}

status_json::status_json(const sync::status_view& view, status_head head)
    : view_(view), head_(std::move(head)) {}

bool status_json::next(std::string& piece) {
  piece.clear();
  if (!begun_) {
    begun_ = true;
    json_object head(piece);
    head.text("version", head_.version)
        .time("started_at", head_.started_at)
        .boolean("ready", head_.ready)
        .text("host", head_.host)
        .text("summary", head_.summary.headline);
    append_details(head.member("details"), head_.summary.details);
    append_events(head, head_.events);
    append_policy(head, view_.policy());
    append_certificates(head.member("certificates"), head_.certificates);
    head.member("workspaces") += '[';
  }
  for (std::size_t count = 0; count < workspaces_a_piece; ++count) {
    if (!view_.next(after_, status_)) {
      piece += "]}\n";
      return false;
    }
    if (!first_workspace_) piece += ',';
    first_workspace_ = false;
    append_workspace(piece, status_);
    after_ = status_.id;
  }
  return true;
}

}  // namespace tokensyncd::telemetry
