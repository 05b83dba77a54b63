#pragma once

#include <cstdint>
#include <string_view>

namespace tokensyncd::config {

/// What a scalar without quotes is in YAML 1.2's core schema (section 10.3.2).
enum class scalar_type : std::uint8_t { text, boolean, number };

/// The type of an unquoted scalar. `yes`, `no`, `on` and `off` are text, as in YAML 1.2.
[[nodiscard]] scalar_type plain_type(std::string_view text);

}  // namespace tokensyncd::config
