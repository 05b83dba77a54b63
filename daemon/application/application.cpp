#include "daemon/application/application.hpp"

#include <array>
#include <chrono>
#include <climits>
#include <filesystem>
#include <set>
#include <utility>

#include <unistd.h>

#include "daemon/application/drain.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/model/version.hpp"
#include "daemon/runtime/joined.hpp"
#include "daemon/telemetry/summary.hpp"

namespace tokensyncd {

namespace {

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

/// Empty where the machine has none.
std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size()) == 0 ? name.data() : "";
}

endpoints::page_settings page_settings_of(const config::configuration& settings, const clock& time,
                                          const services& parts,
                                          const certificate_watch& certificates,
                                          std::function<telemetry::summary()> summary) {
  const auto obstacle = [&parts, required = settings.state.required] {
    return std::string{required && parts.trouble().state ? "the state cannot be written" : ""};
  };
  return {.version = std::string{program_version()},
          .host = host_name(),
          .started_at = time.wall(),
          .ready_grace = settings.admin.ready_grace,
          .most_workspaces = workspaces_with_series(settings.metrics),
          .summary = std::move(summary),
          .certificates = [&certificates] { return certificates.known(); },
          .obstacle = obstacle};
}

}  // namespace

application::application(asio::io_context& loop, signals& signal_requests,
                         const config::configuration& settings,
                         std::optional<config::log_level> level)
    : loop_(loop),
      signal_requests_(signal_requests),
      time_(make_system_clock(loop)),
      status_notifier_(*time_, manager_, [this] { return summary().headline; }),
      parts_(
          loop, *time_, settings,
          {.level = level, .on_change = [this] { status_notifier_.changed(); }, .opening = {true}}),
      reloader_(loop, parts_, settings,
                {[this](const config::configuration& next) { listeners_.prepare(next); },
                 [this](const config::configuration& next) { taken(next); }}),
      certificates_(*time_, parts_.log, parts_.metrics),
      watches_{{loop, *time_}, {loop, *time_}},
      pages_(
          parts_.engine, parts_.metrics, *time_,
          page_settings_of(settings, *time_, parts_, certificates_, [this] { return summary(); })),
      control_(pages_, *this, parts_.audit),
      listeners_(loop, *time_, parts_, pages_, control_, settings) {
  watch_directories();
  certificates_.use(certificates_of(settings));
  parts_.metrics.reloaded(std::chrono::floor<std::chrono::seconds>(time_->wall()));
}

task<> application::run() {
  task_group parts{loop_.get_executor()};
  start(parts);
  manager_.ready();
  status_notifier_.changed();
  say_started();
  drain_steps steps{signal_requests_, *time_, {}, {}, {}};
  steps.on_begin = [this] {
    manager_.stopping();
    parts_.log.info("daemon.stopping",
                    "Stopping: finishing running requests, deliveries and hooks.");
  };
  steps.on_late = [this] {
    parts_.log.warning("daemon.left",
                       "Stopped before all running requests, deliveries and hooks had ended.");
    parts_.tell_unsaved();
    return exit_code::ok;
  };
  steps.on_drained = [this] { manager_.send_again(); };
  co_await run_until(parts, obey(parts), std::move(steps));
  if (parts_.tell_unsaved()) {
    parts_.log.warning("daemon.stopped",
                       "Stopped, but the last changes are not saved in the state.");
  } else {
    parts_.log.info("daemon.stopped",
                    "Stopped; all running requests, deliveries and hooks have ended.");
  }
}

void application::say_started() {
  const auto& settings = reloader_.running();
  const auto webhook = listeners_.webhook_addresses();
  parts_.log.info("daemon.started",
                  "Started: the configuration is loaded and tokens are being delivered.",
                  {{"version", program_version()},
                   {"revision", program_revision()},
                   {"config", settings.file.string()},
                   {"workspaces", settings.workspaces.size()},
                   {"sinks", settings.sinks.size()},
                   {"listen", joined(settings.admin.listen)},
                   {"webhook", joined(webhook)}});
}

void application::start(task_group& parts) {
  listeners_.start(parts);
  parts.start(parts_.engine.run());
  parts.start(kept_up("the watch of workspace files", [this] { return follow_files(); }));
  parts.start(kept_up("the watch of secrets", [this] { return follow_secrets(); }));
  parts.start(kept_up("the watch of the state", [this] { return follow_state(); }));
  parts.start(kept_up("the watch of certificates", [this] { return certificates_.run(); }));
  parts.start(give_back_after_start());
  if (const auto& trouble = manager_.trouble()) {
    parts_.log.warning("daemon.unannounced", trouble->sentence);
  }
  if (manager_.listens()) {
    parts.start(kept_up("the status line", [this] { return status_notifier_.run(); }));
  }
  if (const auto limit = service_manager::watchdog()) {
    parts.start(feed_watchdog(*limit));
  }
}

void application::taken(const config::configuration& settings) {
  pages_.set_most_workspaces(workspaces_with_series(settings.metrics));
  listeners_.take(settings);
  certificates_.use(certificates_of(settings));
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
  static_cast<void>(watches_.workspaces.set({of_workspaces.begin(), of_workspaces.end()}));
  static_cast<void>(watches_.secrets.set({of_secrets.begin(), of_secrets.end()}));
}

telemetry::summary application::summary() const {
  telemetry::side_trouble trouble = parts_.trouble();
  trouble.refused = reloader_.last_refusal();
  trouble.certificates = certificates_.known();
  return telemetry::summarize(parts_.engine.fleet(), trouble);
}

}  // namespace tokensyncd
