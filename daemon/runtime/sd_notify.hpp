#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/time.hpp"

namespace tokensyncd {

/// What systemd is told of the service's life (sd_notify(3)). Says nothing where NOTIFY_SOCKET
/// isn't set, and never fails: a service works without its manager listening.
class service_manager {
 public:
  /// Whether there is a manager that listens.
  [[nodiscard]] static bool listens();

  /// The service does its work; also the end of a reload.
  void ready();

  /// A reload begins at `now` (CLOCK_MONOTONIC, which systemd 253 wants to know).
  void reloading(steady_time now);

  /// The service is about to leave.
  void stopping();

  /// One sentence for `systemctl status`; sent only when it is another than the last.
  void status(std::string_view sentence);

  /// The event loop turns.
  void alive();

  /// How often systemd wants to hear alive() at least; none where no watchdog is set for us.
  [[nodiscard]] static std::optional<std::chrono::microseconds> watchdog();

 private:
  std::string said_;
};

}  // namespace tokensyncd
