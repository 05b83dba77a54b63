#pragma once

#include <filesystem>
#include <string_view>

#include "daemon/store/sqlite/database.hpp"
#include "daemon/store/sqlite/files.hpp"

namespace tokensyncd::store {

/// Notices that the database's files are no longer as this process left them: deleted, replaced,
/// cut, or written by somebody else. One thread at a time; blocks.
class file_watch {
 public:
  explicit file_watch(std::filesystem::path file);

  /// Which files `in` has: when it has been opened.
  void remember_opened(const database& in);

  /// How `in` has left them: after each of its own writes. Files that others put in their place
  /// meanwhile don't become ours.
  void remember(const database& in);

  /// What has become of them since, as a clause ("was deleted"); empty: nothing.
  [[nodiscard]] std::string_view change(const database& in) const;

 private:
  std::filesystem::path file_;
  std::filesystem::path log_;
  file_facts database_;
  file_facts write_ahead_;
  database::header_bytes header_{};
};

}  // namespace tokensyncd::store
