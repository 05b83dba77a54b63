#include "config/workspace_files.hpp"

#include <algorithm>
#include <system_error>

#include <fnmatch.h>

namespace tokensyncd::config {

std::vector<std::filesystem::path> matching_files(const std::filesystem::path& pattern) {
  std::vector<std::filesystem::path> found;
  const std::string name = pattern.filename().string();
  std::error_code error;
  std::filesystem::directory_iterator entries{pattern.parent_path(), error};
  while (!error && entries != std::filesystem::directory_iterator{}) {
    const std::filesystem::path& file = entries->path();
    if (::fnmatch(name.c_str(), file.filename().c_str(), FNM_PERIOD) == 0) {
      found.push_back(file);
    }
    entries.increment(error);
  }
  std::ranges::sort(found);
  return found;
}

bool has_wildcard_directory(const std::filesystem::path& pattern) {
  return pattern.parent_path().native().find_first_of("*?[") != std::string::npos;
}

}  // namespace tokensyncd::config
