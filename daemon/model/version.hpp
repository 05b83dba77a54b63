#pragma once

#include <string_view>

namespace tokensyncd {

/// The release that this build is, e.g. `0.1.0`.
[[nodiscard]] std::string_view program_version() noexcept;

/// The commit that it was built from, 12 hex digits, `-dirty` behind it where files differed;
/// `unknown` when built outside a clone.
[[nodiscard]] std::string_view program_revision() noexcept;

}  // namespace tokensyncd
