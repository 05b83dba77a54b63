#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_set>

#include "daemon/sinks/system_calls.hpp"
#include "daemon/sinks/writer_identity.hpp"

namespace tokensyncd::sinks {

/// Removes what earlier runs of this installation left behind when they were killed in the middle
/// of a write: temporaries with a token in them. Once a directory and sink. From any thread.
class leftovers {
 public:
  leftovers(system_calls& system, const writer_identity& identity)
      : system_(system), identity_(identity) {}

  /// Looks through `directory`, open as `descriptor`, unless that has been done before. What can't
  /// be removed stays: it is no reason not to deliver.
  void sweep_once(const std::string& directory, int descriptor);

  /// The same, opening the directory where it must.
  void sweep_once(const std::string& directory);

 private:
  [[nodiscard]] bool first_time(const std::string& directory);
  void sweep(int descriptor);

  system_calls& system_;
  const writer_identity& identity_;
  std::mutex guard_;
  std::unordered_set<std::uint64_t> seen_;  ///< hashes of directories' names
};

/// Opens a directory for names in it to be changed and fsynced.
[[nodiscard]] descriptor open_directory(system_calls& system, const std::string& directory);

}  // namespace tokensyncd::sinks
