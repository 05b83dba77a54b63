#include "daemon/telemetry/status_json.hpp"

#include <cstddef>
#include <utility>

#include "daemon/telemetry/json_object.hpp"
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
      .boolean("hook_pending", of.hook_pending);
  object.end();
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
      .text_or_null("last_error", of.last_error);
  json_object sinks(object.member("sinks"));
  for (const sync::sink_status& sink : of.sinks) append_sink(sinks.member(sink.name), sink);
  sinks.end();
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
        .boolean("ready", head_.ready);
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
