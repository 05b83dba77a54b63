#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/text_template.hpp"
#include "config/values.hpp"

namespace tokensyncd::config {

/// How long a path, and a name in it, may be, in bytes.
struct path_limits {
  std::size_t path;
  std::size_t name;
};

/// A sink's templates, parsed once for all workspaces. For the loader alone.
struct prepared_sink {
  const sink* settings = nullptr;
  std::vector<template_part> path{};  ///< empty: it has none, or its path is refused already
  path_limits limits{};
  /// What comes before the path in the name of the place: places of different kinds never clash.
  std::string before{};
  std::vector<std::string> needed_labels{};
  /// Where workspaces share files: an entry, and the files that are known to have a writer.
  std::vector<template_part> entry{};
  std::unordered_set<std::string> shared_files{};
};

/// `one` must outlive what is returned.
[[nodiscard]] prepared_sink prepare(const sink& one);

/// What a workspace's id or label does to a path that it must not, as a clause; empty: nothing.
[[nodiscard]] std::string_view value_trouble(std::string_view value);

/// What is wrong with an expanded path, as a clause; empty: nothing. Names without a placeholder
/// were judged before.
[[nodiscard]] std::string path_trouble(std::string_view path, const path_limits& limits);

}  // namespace tokensyncd::config
