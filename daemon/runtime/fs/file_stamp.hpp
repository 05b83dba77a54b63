#pragma once

#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace tokensyncd {

/// By what a file that was written, replaced or touched is told from what it was before.
struct file_stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  time_t modified = 0;
  long modified_ns = 0;
  time_t changed = 0;
  long changed_ns = 0;
  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

/// Of the file itself where `file` is a link; none where it can't be looked at.
[[nodiscard]] inline std::optional<file_stamp> stamp_of(const std::filesystem::path& file) {
  struct ::stat is{};
  if (::stat(file.c_str(), &is) != 0) return {};
  return file_stamp{is.st_dev,          is.st_ino,         is.st_size,        is.st_mtim.tv_sec,
                    is.st_mtim.tv_nsec, is.st_ctim.tv_sec, is.st_ctim.tv_nsec};
}

}  // namespace tokensyncd
