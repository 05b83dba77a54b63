#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/application/control_socket.hpp"
#include "daemon/application/services.hpp"
#include "daemon/endpoints/admin.hpp"
#include "daemon/endpoints/control.hpp"
#include "daemon/endpoints/pages.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/webhook/listener.hpp"

namespace tokensyncd {

/// Everything that the daemon listens on: the admin addresses, the control socket and, where it is
/// configured, the webhook. For the loop's thread.
class listeners {
 public:
  /// Binds all of it. Throws command_failed: `os_error` when an address can't be bound. All
  /// references must outlive it.
  listeners(asio::io_context& loop, clock& time, services& parts, endpoints::pages& pages,
            endpoints::control& control, const config::configuration& settings);

  /// Accepts and answers, as children of `parent`.
  void start(task_group& parent);

  /// Loads the webhook's certificate of a new configuration. Throws std::runtime_error when it
  /// can't be used.
  void prepare(const config::configuration& settings);

  /// Puts in force what prepare() loaded.
  void take(const config::configuration& settings);

  /// See control_socket::look.
  task<> look_at_control_socket() { return control_server_->look(); }

  /// See webhook::listener::try_out(); a failure (invalid) where there is no webhook.
  task<result<void>> try_event(std::string workspace);

  /// Where the webhook is listened for; empty where it isn't.
  [[nodiscard]] std::vector<std::string> webhook_addresses() const;

 private:
  struct admin_listener {
    endpoints::admin shown;
    std::unique_ptr<http::server> server;
  };

  services& parts_;
  endpoints::control& control_;
  std::vector<admin_listener> admins_;  ///< complete once constructed: answers refer to them
  std::optional<control_socket> control_server_;
  std::unique_ptr<webhook::listener> events_;  ///< null: events aren't listened for
  webhook::listener::prepared next_certificate_;
};

}  // namespace tokensyncd
