#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tokensyncd::config {

/// The one of `known` that `name` was probably meant to be: the nearest by edit distance (an
/// exchange of neighbours counts as one), where that is at most a third of its length and at least
/// one; empty where none is near. Ties go to the first.
[[nodiscard]] std::string_view nearest_name(std::string_view name,
                                            std::span<const std::string_view> known);

/// `; did you mean X?`, or nothing where no name is near.
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       std::span<const std::string_view> known);

/// `name` fit to be shown: control characters and broken bytes as `?`, cut after 60 bytes.
[[nodiscard]] std::string printable(std::string_view name);

}  // namespace tokensyncd::config
