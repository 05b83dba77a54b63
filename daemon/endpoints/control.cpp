#include "daemon/endpoints/control.hpp"

#include <optional>
#include <string>
#include <utility>

#include "daemon/endpoints/path.hpp"
#include "daemon/endpoints/replies.hpp"
#include "daemon/runtime/text.hpp"
#include "daemon/telemetry/json_object.hpp"

namespace tokensyncd::endpoints {
namespace {

constexpr std::string_view action_prefix = "/-/";
constexpr std::string_view sync_prefix = "/-/sync/";

http::reply no_such_action() {
  return error_reply(404, "There is nothing at this address.");
}

bool is_action(std::string_view path) {
  return path == "/-/reload" || path == "/-/sync" || path == "/-/plan" ||
         (path.starts_with(sync_prefix) && path.size() > sync_prefix.size());
}

}  // namespace

control::control(pages& shown, control_actions& actions, telemetry::audit& trail)
    : pages_(shown), actions_(actions), trail_(trail) {}

task<http::reply> control::answer(const http::server_request& request) {
  http::reply made;
  if (request.path.starts_with(action_prefix)) {
    made = co_await act(request);
  } else {
    made = co_await pages_.show(request);
  }
  co_return finished(std::move(made));
}

task<http::reply> control::act(const http::server_request& request) {
  if (!is_action(request.path)) co_return no_such_action();
  if (request.method != "POST") co_return method_not_allowed("POST");
  if (!request.from) co_return error_reply(403, "Only the control socket takes commands.");
  const telemetry::requester who{request.from->pid, request.from->uid, request.from->gid};
  if (request.path == "/-/reload") co_return co_await reload(who);
  if (request.path == "/-/plan") co_return co_await plan(request.query, who);
  if (request.path == "/-/sync") co_return sync({}, who);
  const auto workspace = segment_after(sync_prefix, request.path);
  if (!workspace || workspace->empty()) co_return no_such_action();
  co_return sync(*workspace, who);
}

task<http::reply> control::reload(telemetry::requester who) {
  const result<void> done = co_await actions_.reload();
  trail_.commanded("reload", {}, who, done ? "done" : to_string(done.error().kind));
  if (!done) co_return error_reply(422, done.error().sentence);
  co_return json_reply(200, "{\"reloaded\":true}\n");
}

http::reply control::sync(std::string_view workspace, const telemetry::requester& who) {
  const std::size_t due = actions_.sync(workspace);
  const bool unknown = due == 0 && !workspace.empty();
  trail_.commanded("sync", workspace, who, unknown ? "unknown_workspace" : "done");
  if (unknown) {
    std::string sentence = "the configuration in force has no workspace ";
    append_printable(sentence, workspace, 256);
    return error_reply(404, sentence + "; `status` lists them");
  }
  return json_reply(200, "{\"due\":" + std::to_string(due) + "}\n");
}

task<http::reply> control::plan(std::string_view query, telemetry::requester who) {
  auto workspaces = query_values("workspace", query);
  if (!workspaces) {
    co_return error_reply(400, "The query can hold workspace=ID, again for each one, alone.");
  }
  const std::string only = workspaces->size() == 1 ? workspaces->front() : std::string();
  result<std::string> lines = co_await actions_.plan(std::move(*workspaces));
  trail_.commanded("plan", only, who, lines ? "done" : to_string(lines.error().kind));
  if (!lines) co_return error_reply(503, lines.error().sentence);
  co_return json_reply(200, "{\"plan\":" + *lines + "}\n");
}

}  // namespace tokensyncd::endpoints
