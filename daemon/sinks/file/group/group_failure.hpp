#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"

/// What keeps an entry from its group's file, beside what keeps any file from being written.
namespace tokensyncd::sinks {

/// The file isn't written before the tokens of `lacking` have come.
[[nodiscard]] failure incomplete_failure(const std::string& path,
                                         std::span<const std::string_view> lacking);

/// A file of more than largest_group_file.
[[nodiscard]] failure too_large_failure(const std::string& path);

/// A reload has taken the workspace out of the group meanwhile.
[[nodiscard]] failure has_left_failure(const std::string& path, const std::string& workspace);

/// The entry of a workspace that left isn't as it was written, or the file isn't: it is kept.
[[nodiscard]] failure kept_entry_failure(const std::string& path, const std::string& workspace);

}  // namespace tokensyncd::sinks
