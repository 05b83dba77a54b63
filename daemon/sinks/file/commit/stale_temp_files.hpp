#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/sinks/file/commit/system_calls.hpp"
#include "daemon/sinks/writer_identity.hpp"

namespace tokensyncd::sinks {

/// Removes temporaries, which may have a token in them: what earlier runs of this installation left
/// behind when they were killed in the middle of a write, once a directory and sink; and what this
/// run couldn't remove, which it has emptied. From any thread.
class stale_temp_files {
 public:
  stale_temp_files(system_calls& system, const writer_identity& identity)
      : system_(system), identity_(identity) {}

  /// Looks through `directory`, open as `descriptor`, unless that has been done before. What can't
  /// be removed is emptied, if it can be, and remembered.
  void sweep_once(const std::string& directory, int descriptor);

  /// The same, opening the directory where it must.
  void sweep_once(const std::string& directory);

  /// A temporary of this run stays in `directory`: the file system wouldn't remove it.
  void remember(const std::string& directory, std::string name);

  /// Whether nothing is left there that couldn't be removed: tries so again. Where it is false
  /// another temporary would only be one more.
  [[nodiscard]] bool clear(const std::string& directory, int descriptor);

 private:
  [[nodiscard]] bool first_time(const std::string& directory);
  void sweep(const std::string& directory, int descriptor);
  [[nodiscard]] bool remove(int descriptor, const char* name);

  system_calls& system_;
  const writer_identity& identity_;
  std::mutex guard_;
  std::unordered_set<std::uint64_t> seen_;  ///< hashes of directories' names
  std::unordered_map<std::string, std::vector<std::string>> stuck_;  ///< names, by directory
};

/// Opens a directory for names in it to be changed and fsynced.
[[nodiscard]] descriptor open_directory(system_calls& system, const std::string& directory);

}  // namespace tokensyncd::sinks
