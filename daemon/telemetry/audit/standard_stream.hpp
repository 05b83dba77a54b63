#pragma once

#include <filesystem>
#include <optional>

namespace tokensyncd::telemetry {

/// The number of the standard stream that `path` names (`/dev/stdout`, `/proc/self/fd/2` and so
/// on); none: it names something else.
[[nodiscard]] std::optional<int> standard_stream(const std::filesystem::path& path);

}  // namespace tokensyncd::telemetry
