#include "daemon/application.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include "config/addresses.hpp"
#include "config/listeners.hpp"
#include "daemon/commands/plan_report.hpp"
#include "daemon/commands/rotation_outlook.hpp"
#include "daemon/commands/rotation_report.hpp"
#include "daemon/commands/verify_report.hpp"
#include "daemon/drain.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/http/listening.hpp"
#include "daemon/runtime/heap.hpp"
#include "daemon/runtime/limits.hpp"
#include "daemon/runtime/race.hpp"
#include "daemon/runtime/supervise.hpp"
#include "daemon/telemetry/summary.hpp"
#include "daemon/version.hpp"

namespace tokensyncd {

namespace {

using namespace std::chrono_literals;

/// How often files are looked at of whose changes nothing may be told.
constexpr auto look_anyway = 30s;
constexpr int most_spared = 64;

std::size_t workspaces_with_series(const config::metrics_settings& settings) {
  switch (settings.series) {
    case config::per_workspace::always:
      return std::size_t(-1);
    case config::per_workspace::never:
      return 0;
    default:
      return 2'000;
  }
}

endpoints::page_settings page_settings_of(const config::configuration& settings, const clock& time,
                                          const machinery& parts,
                                          std::function<std::string()> summary) {
  const auto obstacle = [&parts, required = settings.state.required] {
    return std::string{required && parts.trouble().state ? "the state can't be written" : ""};
  };
  return {std::string{program_version()},           time.wall(),        settings.admin.ready_grace,
          workspaces_with_series(settings.metrics), std::move(summary), obstacle};
}

/// Over TCP anybody may come; the control socket, which acts, has the last descriptors.
http::server_limits admin_limits() {
  http::server_limits limits;
  limits.spare_descriptors = std::min(most_spared, descriptor_limit() / 8);
  return limits;
}

endpoints::admin_access access_at(std::string_view address,
                                  const config::admin_settings& settings) {
  const config::exposure shown = config::exposed_at(address, settings);
  return {settings.hosts, shown.metrics, shown.probes, shown.status};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& each : words) {
    text += (text.empty() ? "" : ", ") + each;
  }
  return text;
}

template <class Bind>
auto bind_or_fail(Bind bind) {
  try {
    return bind();
  } catch (const std::runtime_error& error) {
    throw command_failed(exit_code::os_error, error.what());
  }
}

}  // namespace

application::application(asio::io_context& loop, signals& wishes,
                         const config::configuration& settings,
                         std::optional<config::log_level> level)
    : loop_(loop),
      wishes_(wishes),
      time_(make_system_clock(loop)),
      announcer_(*time_, manager_, [this] { return summary(); }),
      parts_(loop, *time_, settings, {level, true, true, [this] { announcer_.changed(); }}),
      reloader_(loop, parts_, settings,
                {[this](const config::configuration& next) { prepare(next); },
                 [this](const config::configuration& next) { taken(next); }}),
      watch_(loop, *time_),
      secrets_watch_(loop, *time_),
      pages_(parts_.engine, parts_.numbers, *time_,
             page_settings_of(settings, *time_, parts_, [this] { return summary(); })),
      control_(pages_, *this, parts_.trail) {
  const auto listen = config::listeners_of(settings.admin, settings.webhook);
  for (const auto& each : listen.admin) {
    if (each.optional && !http::has_address(each.address)) {
      continue;
    }
    const auto bind = [&] {
      return http::server::on_tcp(loop, each.address, admin_limits(), each.only_ipv6);
    };
    admins_.push_back(
        {endpoints::admin(pages_, access_at(each.address, settings.admin)), bind_or_fail(bind)});
  }
  bind_or_fail([&] { return &control_server_.emplace(loop, settings.admin.socket, parts_.log); });
  if (settings.webhook) {
    const auto receive = [&] {
      return std::make_unique<event_receiver>(loop, parts_, *time_, *settings.webhook,
                                              listen.webhook);
    };
    events_ = bind_or_fail(receive);
  }
  watch_directories();
  parts_.numbers.reloaded(std::chrono::floor<std::chrono::seconds>(time_->wall()));
}

task<> application::run() {
  nursery parts{loop_.get_executor()};
  start(parts);
  manager_.ready();
  announcer_.changed();
  say_started();
  std::exception_ptr broken;
  try {
    co_await race(parts.watch(), obey(parts));
  } catch (...) {
    broken = std::current_exception();
  }
  manager_.stopping();
  parts_.log.info("daemon.stopping", "Finishing what is in flight.");
  parts.cancel();
  const auto on_late = [this] {
    parts_.log.warning("daemon.left", "Left while something was still in flight.");
    return exit_code::ok;
  };
  co_await drain(parts, wishes_, *time_, on_late);
  manager_.send_again();
  if (broken) {
    std::rethrow_exception(broken);
  }
  parts_.log.info("daemon.stopped", "Everything in flight has ended.");
}

void application::say_started() {
  const auto& settings = reloader_.running();
  const auto webhook = events_ ? events_->addresses() : std::vector<std::string>{};
  parts_.log.info("daemon.started", "Started: the configuration is taken, tokens are on their way.",
                  {{"version", program_version()},
                   {"revision", program_revision()},
                   {"config", settings.file.string()},
                   {"workspaces", settings.workspaces.size()},
                   {"sinks", settings.sinks.size()},
                   {"listen", joined(settings.admin.listen)},
                   {"webhook", joined(webhook)}});
}

void application::start(nursery& parts) {
  for (admin_listener& each : admins_) {
    parts.start(each.server->serve([this, &each](const http::server_request& request) {
      return watched(each.shown.answer(request));
    }));
  }
  parts.start(control_server_->serve(
      [this](const http::server_request& request) { return watched(control_.answer(request)); }));
  if (events_) {
    events_->start(parts);
  }
  parts.start(parts_.engine.run());
  parts.start(kept_up("the watch of workspace files", [this] { return follow_files(); }));
  parts.start(kept_up("the watch of secrets", [this] { return follow_secrets(); }));
  parts.start(kept_up("the watch of the state", [this] { return follow_state(); }));
  parts.start(give_back_after_start());
  if (const auto& trouble = manager_.trouble()) {
    parts_.log.warning("daemon.unannounced", trouble->sentence);
  }
  if (manager_.listens()) {
    parts.start(kept_up("the status line", [this] { return announcer_.run(); }));
  }
  if (const auto limit = service_manager::watchdog()) {
    parts.start(feed_watchdog(*limit));
  }
}

/// Tells of an answer that an exception ends; the server makes it a 500.
task<http::reply> application::watched(task<http::reply> answering) {
  std::exception_ptr thrown;
  try {
    co_return co_await std::move(answering);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!is_cancellation(thrown)) {
    parts_.watcher.task_failed(fault_of("an answer to a request", thrown));
  }
  std::rethrow_exception(thrown);
}

task<> application::kept_up(std::string name, std::function<task<>()> work) {
  auto tell = [this](const failure& fault) { parts_.watcher.task_failed(fault); };
  return supervised(*time_, std::move(name), std::move(work), tell);
}

task<> application::obey(nursery& parts) {
  for (;;) {
    const auto asked = co_await wishes_.next();
    if (asked == wish::stop) {
      co_return;
    }
    if (asked == wish::sync_all) {
      sync({});
      continue;
    }
    // Not awaited here, so that a stop is heard while a file system hangs.
    parts.start(reload_as_asked());
  }
}

task<> application::reload_as_asked() {
  parts_.trail.reopen();
  co_await control_server_->look();
  auto attempt = reload_for(reload_cause::asked);
  const auto done = co_await contained("a reload", std::move(attempt));
  if (!done && done.error().kind == failure_kind::fault) parts_.watcher.task_failed(done.error());
}

task<> application::follow_files() {
  const auto pause = time_->make_sleeper();
  bool was_told = true;
  for (;;) {
    // Directories are watched, and in theirs an editor's swap files come and go.
    const bool differ = co_await reloader_.files_differ();
    if (differ) {
      co_await reload_for(reload_cause::watched);
    } else if (was_told) {
      parts_.log.debug("config.unchanged", "No workspace file changed since they were read.");
    }
    const auto noticed = co_await watch_.changed(time_->now() + look_anyway);
    was_told = noticed && *noticed;
    if (!noticed) {
      parts_.log.warning("config.unwatched", noticed.error().sentence);
      co_await pause->sleep_until(time_->now() + look_anyway);
    }
  }
}

task<> application::follow_secrets() {
  const auto pause = time_->make_sleeper();
  for (;;) {
    const auto noticed = co_await secrets_watch_.changed(time_->now() + look_anyway);
    if (noticed) {
      co_await parts_.look_at_secrets();
    } else {
      // Where nothing can be watched, the source looks by itself every now and then.
      co_await pause->sleep_until(time_->now() + look_anyway);
    }
  }
}

task<> application::follow_state() {
  const auto pause = time_->make_sleeper();
  for (;;) {
    co_await pause->sleep_until(time_->now() + look_anyway);
    co_await control_server_->look();
    co_await parts_.look_at_state();
  }
}

task<> application::give_back_after_start() {
  // Delivering to everybody at once needs more than it ever does afterwards.
  co_await parts_.engine.settled();
  give_back_memory();
}

task<> application::feed_watchdog(std::chrono::microseconds limit) {
  const auto pause = time_->make_sleeper();
  for (;;) {
    manager_.alive();
    co_await pause->sleep_until(time_->now() + limit / 2);
  }
}

task<result<void>> application::reload() {
  co_return co_await reload_for(reload_cause::asked);
}

task<result<void>> application::reload_for(reload_cause why) {
  manager_.reloading(time_->now());
  auto done = co_await reloader_.reload(why);
  manager_.ready();
  announcer_.changed();
  co_return done;
}

void application::prepare(const config::configuration& settings) {
  // That there is one can't be changed by a reload.
  if (events_) {
    next_certificate_ = events_->prepare(*settings.webhook);
  }
}

void application::taken(const config::configuration& settings) {
  pages_.set_most_workspaces(workspaces_with_series(settings.metrics));
  if (events_) {
    events_->take(*settings.webhook, std::move(next_certificate_));
  }
  watch_directories();
}

void application::watch_directories() {
  using paths = std::set<std::filesystem::path>;
  const auto& running = reloader_.running();
  paths of_workspaces;
  for (const auto& pattern : running.workspace_files) {
    of_workspaces.insert(std::filesystem::path{pattern}.parent_path());
  }
  paths of_secrets;
  for (const auto& file : {running.partner.secret_file, running.partner.previous_secret_file}) {
    if (!file.empty()) {
      of_secrets.insert(file.parent_path());
    }
  }
  // A failure comes again, as an answer to changed(), to who follows the files.
  static_cast<void>(watch_.set({of_workspaces.begin(), of_workspaces.end()}));
  static_cast<void>(secrets_watch_.set({of_secrets.begin(), of_secrets.end()}));
}

std::size_t application::sync(std::string_view workspace) {
  return parts_.engine.sync(workspace);
}

task<result<std::string>> application::plan(std::vector<std::string> workspaces) {
  const auto planned = co_await parts_.engine.plan(std::move(workspaces));
  co_return commands::write_plan(commands::plan_lines(planned));
}

task<std::optional<endpoints::rotation_outcome>> application::rotate(
    std::string workspace, endpoints::rotation_query how) {
  const sync::rotation_wish wish{how.older_than, how.timeout, how.force};
  const auto report = co_await parts_.engine.rotate(std::move(workspace), wish);
  std::optional<endpoints::rotation_outcome> outcome;
  if (report.how != sync::rotation_end::unknown_workspace) {
    outcome.emplace();
    outcome->word = commands::word_of(report.how);
    outcome->json = commands::write_rotation(commands::rotation_line_of(report));
  }
  co_return outcome;
}

task<std::optional<std::string>> application::outlook(std::string workspace) {
  const auto seen = co_await parts_.engine.outlook(std::move(workspace));
  if (!seen) co_return std::nullopt;
  co_return commands::write_outlook(commands::outlook_line_of(*seen));
}

task<result<std::string>> application::verify(std::vector<std::string> workspaces) {
  sync::workspace_status ignored;
  for (const auto& id : workspaces) {
    if (!parts_.engine.find(id, ignored)) {
      co_return failure{failure_kind::invalid, "the configuration in force has no workspace " + id +
                                                   "; `tokensyncd status` lists those there are"};
    }
  }
  const auto verified = co_await parts_.engine.verify(std::move(workspaces));
  co_return commands::write_verify(commands::verify_lines(verified));
}

std::string application::summary() const {
  telemetry::side_trouble trouble = parts_.trouble();
  trouble.refused = reloader_.last_refusal();
  return telemetry::summarize(parts_.engine.fleet(), trouble);
}

}  // namespace tokensyncd
