#include "daemon/endpoints/control.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "daemon/endpoints/path.hpp"
#include "daemon/http/server/replies.hpp"
#include "daemon/runtime/json_object.hpp"
#include "daemon/runtime/process/login_uid.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::endpoints {
namespace {

constexpr std::string_view action_prefix = "/-/";
constexpr std::string_view sync_prefix = "/-/sync/";
constexpr std::string_view rotate_prefix = "/-/rotate/";
constexpr std::string_view event_prefix = "/-/event/";
constexpr std::string_view outlook_prefix = "/-/outlook/";

http::reply no_such_action() {
  return http::error_reply(404, "There is nothing at this address.");
}

bool is_below(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && path.size() > prefix.size();
}

/// Which of the actions on one workspace `path` asks for; empty: none.
std::string_view prefix_of(std::string_view path) {
  for (const auto prefix : {sync_prefix, rotate_prefix, event_prefix, outlook_prefix})
    if (is_below(prefix, path)) return prefix;
  return {};
}

bool is_action(std::string_view path) {
  return path == "/-/reload" || path == "/-/sync" || path == "/-/plan" || path == "/-/verify" ||
         !prefix_of(path).empty();
}

http::reply no_such_workspace(std::string_view workspace) {
  return http::error_reply(404, "the configuration in force has no workspace " +
                                    printable(workspace, 256) + "; `status` lists them");
}

std::optional<std::chrono::milliseconds> read_milliseconds(std::string_view text) {
  constexpr std::int64_t ten_years = 315'576'000'000;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || value < 1 || value > ten_years) return {};
  return std::chrono::milliseconds{value};
}

std::optional<rotation_query> read_rotation_query(std::string_view query) {
  const auto parameters = parse_query(query);
  if (!parameters) return {};
  rotation_query how;
  bool has_timeout = false;
  for (const auto& [name, text] : *parameters) {
    const auto value = read_milliseconds(text);
    if (name == "force" && text == "true" && !how.force) {
      how.force = true;
    } else if (value && name == "timeout_ms" && !has_timeout) {
      how.timeout = *value;
      has_timeout = true;
    } else if (value && name == "older_than_ms" && !how.older_than) {
      how.older_than = value;
    } else {
      return {};
    }
  }
  return how;
}

}  // namespace

control::control(pages& shown, control_actions& actions, telemetry::audit& audit)
    : pages_(shown), actions_(actions), audit_(audit) {}

task<http::reply> control::answer(const http::server_request& request) {
  http::reply made;
  if (request.path.starts_with(action_prefix)) {
    made = co_await act(request);
  } else {
    made = co_await pages_.show(request);
  }
  co_return http::finished(std::move(made));
}

task<http::reply> control::act(const http::server_request& request) {
  if (!is_action(request.path)) co_return no_such_action();
  if (request.method != "POST") co_return http::method_not_allowed("POST");
  if (!request.from) co_return http::error_reply(403, "Only the control socket accepts commands.");
  const telemetry::requester who{request.from->pid, request.from->uid, request.from->gid,
                                 login_uid(request.from->pid)};
  if (request.path == "/-/reload") co_return co_await reload(who);
  if (request.path == "/-/plan") co_return co_await plan(request.query, who);
  if (request.path == "/-/verify") co_return co_await verify(request.query, who);
  if (request.path == "/-/sync") co_return sync({}, who);
  const std::string_view prefix = prefix_of(request.path);
  auto workspace = segment_after(prefix, request.path);
  if (!workspace || workspace->empty()) co_return no_such_action();
  if (prefix == outlook_prefix) co_return co_await outlook(std::move(*workspace));
  if (prefix == event_prefix) co_return co_await event(std::move(*workspace), who);
  if (prefix == sync_prefix) co_return sync(*workspace, who);
  co_return co_await rotate(std::move(*workspace), request.query, who);
}

task<http::reply> control::event(std::string workspace, telemetry::requester who) {
  const auto taken = co_await actions_.event(workspace);
  const std::string_view outcome = !taken   ? "unknown_workspace"
                                   : *taken ? "done"
                                            : to_string(taken->error().kind);
  audit_.commanded("event", workspace, who, outcome);
  if (!taken) co_return no_such_workspace(workspace);
  if (!*taken) co_return http::error_reply(409, taken->error().sentence);
  co_return http::json_reply(200, "{\"accepted\":true}\n");
}

task<http::reply> control::outlook(std::string workspace) {
  const auto seen = co_await actions_.outlook(workspace);
  if (!seen) co_return no_such_workspace(workspace);
  co_return http::json_reply(200, *seen + "\n");
}

task<http::reply> control::reload(telemetry::requester who) {
  const result<std::string> done = co_await actions_.reload();
  audit_.commanded("reload", {}, who, done ? "done" : to_string(done.error().kind));
  if (!done) co_return http::error_reply(422, done.error().sentence);
  std::string body;
  json_object{body}.boolean("reloaded", true).text_or_null("changes", *done).end();
  co_return http::json_reply(200, body + "\n");
}

http::reply control::sync(std::string_view workspace, const telemetry::requester& who) {
  const sync_outcome made = actions_.sync(workspace);
  const bool unknown = made.due == 0 && !workspace.empty();
  audit_.commanded("sync", workspace, who, unknown ? "unknown_workspace" : "done");
  if (unknown) return no_such_workspace(workspace);
  std::string body;
  json_object{body}.number("due", made.due).text_or_null("waits", made.waits).end();
  return http::json_reply(200, body + "\n");
}

task<http::reply> control::plan(std::string_view query, telemetry::requester who) {
  auto workspaces = query_values("workspace", query);
  if (!workspaces) {
    co_return http::error_reply(400,
                                "The query accepts only workspace=ID, once for each workspace.");
  }
  const std::vector<std::string> named = *workspaces;
  result<std::string> lines = co_await actions_.plan(std::move(*workspaces));
  note("plan", named, who, lines);
  if (!lines) co_return http::error_reply(503, lines.error().sentence);
  co_return http::json_reply(200, *lines + "\n");
}

/// A line for each workspace that is named, so that whoever looks for one finds it.
void control::note(std::string_view command, const std::vector<std::string>& workspaces,
                   const telemetry::requester& who, const result<std::string>& done) {
  const std::string_view outcome = done ? "done" : to_string(done.error().kind);
  if (workspaces.empty()) audit_.commanded(command, {}, who, outcome);
  for (const std::string& each : workspaces) audit_.commanded(command, each, who, outcome);
}

task<http::reply> control::verify(std::string_view query, telemetry::requester who) {
  auto workspaces = query_values("workspace", query);
  if (!workspaces) {
    co_return http::error_reply(400,
                                "The query accepts only workspace=ID, once for each workspace.");
  }
  const std::vector<std::string> named = *workspaces;
  result<std::string> lines = co_await actions_.verify(std::move(*workspaces));
  note("verify", named, who, lines);
  if (!lines) co_return http::error_reply(404, lines.error().sentence);
  co_return http::json_reply(200, *lines + "\n");
}

task<http::reply> control::rotate(std::string workspace, std::string_view query,
                                  telemetry::requester who) {
  const auto how = read_rotation_query(query);
  if (!how) {
    co_return http::error_reply(400,
                                "The query accepts timeout_ms and older_than_ms, once each, in "
                                "milliseconds from 1 to 10 years, and force=true.");
  }
  // Before it is done: who asked must be known even where nobody is left to tell the end.
  audit_.commanded("rotate", workspace, who, "asked");
  const auto outcome = co_await actions_.rotate(workspace, *how);
  audit_.commanded("rotate", workspace, who, outcome ? outcome->word : "unknown_workspace");
  if (!outcome) co_return no_such_workspace(workspace);
  co_return http::json_reply(200, outcome->json + "\n");
}

}  // namespace tokensyncd::endpoints
