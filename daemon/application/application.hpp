#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/application/certificate_watch.hpp"
#include "daemon/application/listeners.hpp"
#include "daemon/application/reload.hpp"
#include "daemon/application/services.hpp"
#include "daemon/application/status_notifier.hpp"
#include "daemon/endpoints/control.hpp"
#include "daemon/endpoints/pages.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/fs/watch.hpp"
#include "daemon/runtime/process/sd_notify.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd {

/// The daemon: owns every part, in the order in which they are built. For the loop's thread.
class application final : public endpoints::control_actions {
 public:
  /// Opens and binds everything. Throws command_failed as services() does, and `os_error` when an
  /// address can't be bound. `signal_requests` must outlive it.
  application(asio::io_context& loop, signals& signal_requests,
              const config::configuration& settings, std::optional<config::log_level> level);

  /// Works until a signal says stop, then lets what is in flight end: 10 s at most, and a second
  /// signal leaves at once (both by _exit, as what hangs can't be waited for). Throws what a part
  /// threw, which is a bug.
  task<> run();

  task<result<std::string>> reload() override;
  endpoints::sync_outcome sync(std::string_view workspace) override;
  task<result<std::string>> plan(std::vector<std::string> workspaces) override;
  task<std::optional<endpoints::rotation_outcome>> rotate(std::string workspace,
                                                          endpoints::rotation_query how) override;
  task<std::optional<result<void>>> event(std::string workspace) override;
  task<std::optional<std::string>> outlook(std::string workspace) override;
  task<result<std::string>> verify(std::vector<std::string> workspaces) override;

 private:
  void say_started();
  void start(task_group& parts);
  task<> kept_up(std::string name, std::function<task<>()> work);
  task<> obey(task_group& parts);
  task<> follow_files();
  task<> follow_secrets();
  task<> follow_state();
  task<> give_back_after_start();
  task<> feed_watchdog(std::chrono::microseconds limit);
  void watch_directories();
  task<result<std::string>> reload_for(reload_cause why);
  task<> reload_as_asked();
  void taken(const config::configuration& settings);
  [[nodiscard]] telemetry::summary summary() const;

  /// The directories whose changes are followed.
  struct watches {
    directory_watch workspaces;  ///< of the workspace files
    directory_watch secrets;     ///< of the Partner Secret's files
  };

  asio::io_context& loop_;
  signals& signal_requests_;
  std::unique_ptr<clock> time_;
  service_manager manager_;
  status_notifier status_notifier_;
  services parts_;
  reloader reloader_;
  certificate_watch certificates_;
  watches watches_;
  endpoints::pages pages_;
  endpoints::control control_;
  listeners listeners_;
};

}  // namespace tokensyncd
