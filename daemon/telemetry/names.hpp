#pragma once

#include <string_view>

#include "daemon/sync/ports/events.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

[[nodiscard]] constexpr metrics::write_result to_metric(sync::write_result how) noexcept {
  switch (how) {
    case sync::write_result::written:
      return metrics::write_result::written;
    case sync::write_result::unchanged:
      return metrics::write_result::unchanged;
    case sync::write_result::repaired:
      return metrics::write_result::repaired;
  }
  return metrics::write_result::error;
}

/// As in the metric's label: one word for one thing everywhere.
[[nodiscard]] constexpr std::string_view name_of(sync::write_result how) noexcept {
  return metrics::write_result_names[static_cast<std::size_t>(to_metric(how))];
}

[[nodiscard]] constexpr metrics::poll_result to_metric(sync::poll_result how) noexcept {
  switch (how) {
    case sync::poll_result::changed:
      return metrics::poll_result::changed;
    case sync::poll_result::unchanged:
      return metrics::poll_result::unchanged;
    case sync::poll_result::stale:
      return metrics::poll_result::stale;
    case sync::poll_result::error:
      return metrics::poll_result::error;
    case sync::poll_result::throttled:
      return metrics::poll_result::throttled;
    case sync::poll_result::denied:
      return metrics::poll_result::denied;
    case sync::poll_result::gone:
      return metrics::poll_result::gone;
  }
  return metrics::poll_result::error;
}

[[nodiscard]] constexpr std::string_view name_of(sync::poll_result how) noexcept {
  return metrics::poll_result_names[static_cast<std::size_t>(to_metric(how))];
}

[[nodiscard]] constexpr std::string_view name_of(metrics::refusal_reason why) noexcept {
  return metrics::refusal_reason_names[static_cast<std::size_t>(why)];
}

[[nodiscard]] constexpr std::string_view name_of(sync::rotation_step step) noexcept {
  switch (step) {
    case sync::rotation_step::asking:
      return "asking";
    case sync::rotation_step::refused:
      return "refused";
    case sync::rotation_step::lost:
      return "lost";
  }
  return "unknown";
}

[[nodiscard]] constexpr std::string_view name_of(sync::token_state state) noexcept {
  switch (state) {
    case sync::token_state::works:
      return "works";
    case sync::token_state::refused:
      return "refused";
    case sync::token_state::unknown:
      break;
  }
  return "unknown";
}

}  // namespace tokensyncd::telemetry
