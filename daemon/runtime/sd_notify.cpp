#include "daemon/runtime/sd_notify.hpp"

#include <cstdint>
#include <cstdlib>

#include <systemd/sd-daemon.h>

namespace tokensyncd {

namespace {

void tell(const std::string& message) {
  // Without a manager, or with one that went away, there is nobody to tell of the failure either.
  static_cast<void>(sd_notify(0, message.c_str()));
}

}  // namespace

bool service_manager::listens() {
  return std::getenv("NOTIFY_SOCKET") != nullptr;
}

void service_manager::ready() {
  tell("READY=1");
}

void service_manager::reloading(steady_time now) {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()));
}

void service_manager::stopping() {
  tell("STOPPING=1");
}

void service_manager::status(std::string_view sentence) {
  if (sentence != said_) {
    said_ = sentence;
    tell("STATUS=" + said_);
  }
}

void service_manager::alive() {
  tell("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> service_manager::watchdog() {
  std::uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds{limit};
}

}  // namespace tokensyncd
