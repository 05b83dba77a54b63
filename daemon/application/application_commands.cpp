// What is asked of the running daemon by its control socket.
#include <chrono>
#include <utility>

#include "daemon/application/application.hpp"
#include "daemon/control/plan.hpp"
#include "daemon/control/rotation.hpp"
#include "daemon/control/verification.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd {

task<result<std::string>> application::reload() {
  co_return co_await reload_for(reload_cause::asked);
}

task<result<std::string>> application::reload_for(reload_cause why) {
  manager_.reloading(time_->now());
  auto attempt = reloader_.reload(why);
  auto done = co_await contained("a reload", std::move(attempt));
  if (!done && done.error().kind == failure_kind::fault) parts_.observer.task_failed(done.error());
  // A workspace file that changed says nothing about a rotation that failed.
  if (done && why == reload_cause::asked) parts_.engine.resume_rotations();
  manager_.ready();
  status_notifier_.changed();
  co_return done;
}

endpoints::sync_outcome application::sync(std::string_view workspace) {
  endpoints::sync_outcome made{parts_.engine.sync(workspace)};
  const sync::fleet_status now = parts_.engine.fleet();
  if (now.throttled_until) {
    const auto second = std::chrono::ceil<std::chrono::seconds>(*now.throttled_until);
    made.waits =
        "the Partner API limits the rate, so all calls are paused until " + format_rfc3339(second);
  } else if (now.api) {
    made.waits = "the Partner API fails, so one call at a time is made until it answers";
  }
  return made;
}

task<result<std::string>> application::plan(std::vector<std::string> workspaces) {
  const auto planned = co_await parts_.engine.plan(std::move(workspaces));
  co_return control::write_plan(control::plan_lines(planned));
}

task<std::optional<endpoints::rotation_outcome>> application::rotate(
    std::string workspace, endpoints::rotation_query how) {
  const sync::rotation_request request{how.older_than, how.timeout, how.force};
  const auto report = co_await parts_.engine.rotate(std::move(workspace), request);
  std::optional<endpoints::rotation_outcome> outcome;
  if (report.how != sync::rotation_end::unknown_workspace) {
    outcome.emplace();
    outcome->word = control::word_of(report.how);
    outcome->json = control::write_rotation(control::rotation_line_of(report));
  }
  co_return outcome;
}

task<std::optional<result<void>>> application::event(std::string workspace) {
  sync::workspace_status ignored;
  if (!parts_.engine.find(workspace, ignored)) co_return std::nullopt;
  co_return co_await listeners_.try_event(std::move(workspace));
}

task<std::optional<std::string>> application::outlook(std::string workspace) {
  const auto seen = co_await parts_.engine.outlook(std::move(workspace));
  if (!seen) co_return std::nullopt;
  co_return control::write_outlook(control::outlook_line_of(*seen));
}

task<result<std::string>> application::verify(std::vector<std::string> workspaces) {
  sync::workspace_status ignored;
  for (const auto& id : workspaces) {
    if (!parts_.engine.find(id, ignored)) {
      co_return failure{failure_kind::invalid, "the configuration in force has no workspace " + id +
                                                   "; `tokensyncd status` lists the workspaces"};
    }
  }
  const auto verified = co_await parts_.engine.verify(std::move(workspaces));
  co_return control::write_verify(control::verify_lines(verified));
}

}  // namespace tokensyncd
