#include "daemon/runtime/process/sd_notify.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include <systemd/sd-daemon.h>

namespace tokensyncd {

namespace {

constexpr std::string_view is_ready = "READY=1";
constexpr std::string_view reload_begins = "RELOADING=1";

}  // namespace

service_manager::service_manager() {
  const char* const set = std::getenv("NOTIFY_SOCKET");
  if (set == nullptr || *set == '\0') return;
  const std::string_view name{set};
  const bool is_abstract = name.front() == '@';
  if ((!is_abstract && name.front() != '/') || name.size() >= sizeof address_.sun_path) {
    trouble_ = failure{failure_kind::invalid,
                       "systemd gets no notifications, because NOTIFY_SOCKET is neither a path nor "
                       "an abstract socket (@name) of at most 107 bytes; correct it or unset it"};
    return;
  }
  address_.sun_family = AF_UNIX;
  name.copy(address_.sun_path, sizeof address_.sun_path - 1);
  if (is_abstract) address_.sun_path[0] = '\0';
  // A path ends with its zero, an abstract name where its length says (unix(7)).
  const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1);
  address_size_ = static_cast<socklen_t>(size);
  socket_ = owned_fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket_.is_open()) {
    trouble_ = failure{failure_kind::io_error,
                       "systemd gets no notifications, because a socket cannot be made (" +
                           std::string{std::strerror(errno)} + "); restart the service"};
  }
}

/// False where there was no room for it. Without a manager, or with one that went away, there is
/// nobody to tell of the failure either.
bool service_manager::send(std::string_view message) {
  if (!listens()) return true;
  const auto* const to = reinterpret_cast<const sockaddr*>(&address_);
  for (;;) {
    const auto sent = ::sendto(socket_.number(), message.data(), message.size(),
                               MSG_DONTWAIT | MSG_NOSIGNAL, to, address_size_);
    if (sent >= 0) return true;
    if (errno != EINTR) return errno != EAGAIN && errno != ENOBUFS;
  }
}

void service_manager::send_again() {
  const auto refused = std::find_if_not(kept_.begin(), kept_.end(),
                                        [this](const std::string& each) { return send(each); });
  kept_.erase(kept_.begin(), refused);
}

/// Keeps the order. What is kept has an end, however often the service is reloaded meanwhile: a new
/// reload replaces those that the manager hasn't heard of.
void service_manager::step(std::string message) {
  send_again();
  if (kept_.empty() && send(message)) return;
  if (message.starts_with(reload_begins)) {
    const auto before = std::find_if(kept_.begin(), kept_.end(), [](const std::string& each) {
      return each.starts_with(reload_begins);
    });
    kept_.erase(before, kept_.end());
  }
  if (kept_.empty() || kept_.back() != message) kept_.push_back(std::move(message));
}

void service_manager::ready() {
  step(std::string{is_ready});
}

void service_manager::reloading(steady_time now) {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  // Not by `+`: GCC 12 then sees an overflow that isn't there (its bug 105329).
  std::string message{reload_begins};
  message += "\nMONOTONIC_USEC=";
  message += std::to_string(since_boot.count());
  step(std::move(message));
}

void service_manager::stopping() {
  step("STOPPING=1");
}

void service_manager::status(std::string_view sentence) {
  if (sentence == said_ && !status_dropped_) return;
  said_ = sentence;
  status_dropped_ = !send("STATUS=" + said_);
}

void service_manager::alive() {
  static_cast<void>(send("WATCHDOG=1"));
}

std::optional<std::chrono::microseconds> service_manager::watchdog() {
  std::uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds{limit};
}

}  // namespace tokensyncd
