#pragma once

#include <string_view>

#include "daemon/sync/sink.hpp"
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

}  // namespace tokensyncd::telemetry
