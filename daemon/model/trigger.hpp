#pragma once

#include <cstdint>
#include <string_view>

namespace tokensyncd {

/// Why a check was made; the label `trigger` of metrics and the field of log and audit.
enum class trigger : std::uint8_t {
  poll,     ///< the schedule, SIGUSR1, `sync`, a retry
  webhook,  ///< an event of the vendor's
  startup,  ///< the first look after a start
  command,  ///< `rotate`
};
inline constexpr int trigger_count = 4;

[[nodiscard]] constexpr std::string_view to_string(trigger value) noexcept {
  switch (value) {
    case trigger::poll:
      return "poll";
    case trigger::webhook:
      return "webhook";
    case trigger::startup:
      return "startup";
    case trigger::command:
      return "command";
  }
  return "unknown";
}

}  // namespace tokensyncd
