#include "config/sections/workspace_files.hpp"

#include <algorithm>
#include <cstdint>
#include <system_error>

#include <fnmatch.h>
#include <sys/stat.h>

namespace tokensyncd::config {
namespace {

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

}  // namespace

std::vector<file_stamp> stamps_of(std::span<const std::string> patterns) {
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  const auto exact = [](const timespec& time) { return time.tv_sec * nanoseconds + time.tv_nsec; };
  std::vector<file_stamp> stamps;
  for (const std::string& pattern : patterns) {
    for (const auto& file : matching_files(pattern)) {
      file_stamp& made = stamps.emplace_back();
      made.file = file;
      struct stat status{};
      if (::stat(file.c_str(), &status) == 0) {
        made.identity = {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size)};
        made.times = {exact(status.st_mtim), exact(status.st_ctim)};
      }
    }
  }
  return stamps;
}

bool has_wildcard_directory(const std::filesystem::path& pattern) {
  return pattern.parent_path().native().find_first_of("*?[") != std::string::npos;
}

}  // namespace tokensyncd::config
