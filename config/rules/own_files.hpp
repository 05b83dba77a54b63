#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd::config {

/// A file that the daemon itself reads, writes or executes.
struct own_file {
  std::filesystem::path file;
  std::string who;          ///< for sentences: the key that names it, in backquotes
  bool is_pattern = false;  ///< its name has wildcards
  bool is_written = false;  ///< the daemon writes, replaces or makes it
};

/// All of them, none without a name, whether they are there or not: what no sink may write.
[[nodiscard]] std::vector<own_file> own_files(const configuration& all);

/// Whether `own` is the path, or the pattern of its name, of `file`. Looks at the texts alone.
[[nodiscard]] bool names_file(const own_file& own, const std::filesystem::path& file);

}  // namespace tokensyncd::config
