#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd::config {

/// A file that the daemon itself reads or writes.
struct own_file {
  std::filesystem::path file;
  std::string who;  ///< for sentences: the key that names it, in backquotes
};

/// All of them, none without a name: what no sink may write.
[[nodiscard]] std::vector<own_file> own_files(const configuration& all);

}  // namespace tokensyncd::config
