#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/un.h>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd {

/// What systemd is told of the service's life, by the protocol of sd_notify(3). Says nothing where
/// NOTIFY_SOCKET isn't set, and never fails: a service works without its manager listening.
///
/// Never blocks, also where the manager has stopped reading and its queue is full
/// (net.unix.max_dgram_qlen, 10 by default): sd_notify() of libsystemd would wait for it. Then a
/// message about the watchdog or the status is dropped, as a newer one follows, and the others are
/// kept in order for send_again(). For one thread.
class service_manager {
 public:
  /// How long to wait before send_again().
  static constexpr std::chrono::seconds retry{1};

  /// Takes the address from NOTIFY_SOCKET: a path, or a name in the abstract namespace (`@name`).
  service_manager();

  /// Whether there is a manager that listens.
  [[nodiscard]] bool listens() const noexcept { return socket_.is_open(); }

  /// Why nothing is sent although NOTIFY_SOCKET is set: its address is of another kind (`vsock:`),
  /// or the system gave no socket.
  [[nodiscard]] const std::optional<failure>& trouble() const noexcept { return trouble_; }

  /// The service does its work; also the end of a reload.
  void ready();

  /// A reload begins at `now` (CLOCK_MONOTONIC, which systemd 253 wants to know).
  void reloading(steady_time now);

  /// The service is about to leave.
  void stopping();

  /// One sentence for `systemctl status`; sent only when it is another than the last that was sent.
  void status(std::string_view sentence);

  /// The event loop turns.
  void alive();

  /// Whether the manager's queue was full for something that it must still be told: a step of the
  /// service's life, or the status.
  [[nodiscard]] bool has_unsent() const noexcept { return status_dropped_ || !kept_.empty(); }

  /// Sends what was kept, as far as there is room now.
  void send_again();

  /// How often systemd wants to hear alive() at least; none where no watchdog is set for us.
  [[nodiscard]] static std::optional<std::chrono::microseconds> watchdog();

 private:
  bool send(std::string_view message);
  void step(std::string message);

  owned_fd socket_;
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  std::optional<failure> trouble_;
  std::string said_;
  bool status_dropped_ = false;
  std::vector<std::string> kept_;  ///< steps of the service's life, the first one first
};

}  // namespace tokensyncd
