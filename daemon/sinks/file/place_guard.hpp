#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace tokensyncd::sinks {

/// A file or directory as the kernel tells it from others, whatever paths lead to it.
struct file_id {
  dev_t device = 0;
  ino_t inode = 0;
  friend auto operator<=>(const file_id&, const file_id&) = default;
};

[[nodiscard]] inline file_id id_of(const struct stat& found) noexcept {
  return {found.st_dev, found.st_ino};
}

/// A file that the daemon reads, writes or executes itself.
struct own_file {
  std::string path;         ///< absolute
  std::string who;          ///< for sentences: the key that names it
  bool is_pattern = false;  ///< its name has wildcards, as of workspace_files
};

/// What no file sink may overwrite: the daemon's own files, and a file that another entry of the
/// configuration is writing at the moment. One for the whole program. From any thread.
class destination_guard {
 public:
  /// Replaces the list of the daemon's own files.
  void protect(std::vector<own_file> all);

  /// Whose the entry `name` of a directory is by its name, ignoring case; empty where it is
  /// nobody's. Also where there is no such file yet. Looks at the file system only where a name is
  /// the same.
  [[nodiscard]] std::string owner_by_name(const file_id& directory, const std::string& name) const;

  /// The own files that are there, by what their paths lead to; the program and a log that is a
  /// file too. Looks at each: blocks.
  [[nodiscard]] std::map<file_id, std::string> own_files_there() const;

  /// Notes that `path` is being written, where `file` is what stands there, or what will. The path
  /// that has it: `path`, or another one that came before it.
  [[nodiscard]] std::string claim(const file_id& file, const std::string& path);

  /// The claims of `path` end: it has been recorded, or given up.
  void release(const std::string& path);

 private:
  mutable std::mutex guard_;
  std::vector<own_file> own_;
  std::map<file_id, std::string> claimed_;
};

}  // namespace tokensyncd::sinks
