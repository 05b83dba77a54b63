#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/sinks/file/commit/system_calls.hpp"

namespace tokensyncd::sinks {

/// A file as it was read.
struct whole_file {
  secret text;
  struct stat found{};
};

/// 100,000 tokens of 600 bytes each.
inline constexpr std::size_t largest_group_file = std::size_t{64} << 20U;

/// The file at `path`, an absolute one; none where there is none. Failures: what look_at() refuses,
/// what the system refused, too_large. Blocks.
[[nodiscard]] result<std::optional<whole_file>> read_whole(system_calls& system,
                                                           const std::string& path);

/// Its bytes; empty where there is none.
[[nodiscard]] inline std::string_view text_in(const std::optional<whole_file>& file) noexcept {
  return file ? file->text.reveal() : std::string_view{};
}

}  // namespace tokensyncd::sinks
