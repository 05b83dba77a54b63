#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sinks/permissions.hpp"
#include "daemon/sinks/system_calls.hpp"
#include "daemon/sinks/writer_identity.hpp"

namespace tokensyncd::sinks {

/// Tries each directory of `paths` with an empty temporary file, which is removed again, and looks
/// at what stands in each place; one failure a problem, in the order of the paths. Blocks.
[[nodiscard]] std::vector<failure> check_files(std::span<const std::string> paths,
                                               const permissions& wanted, system_calls& system,
                                               const writer_identity& identity);

}  // namespace tokensyncd::sinks
