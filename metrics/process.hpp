#pragma once

#include <optional>

#include "metrics/exposition.hpp"

namespace tokensyncd::metrics {

/// What the kernel counts of this process.
struct process_numbers {
  double cpu_seconds = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double open_descriptors = 0;
  double descriptor_limit = 0;
  double start_time = 0;  ///< seconds since 1970
};

/// Reads them from /proc/self; none where that can't be read. A few system calls.
[[nodiscard]] std::optional<process_numbers> read_process();

/// Writes the standard `process_*` families.
void append_process(exposition& out, const process_numbers& numbers);

}  // namespace tokensyncd::metrics
