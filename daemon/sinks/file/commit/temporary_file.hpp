#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/commit/stale_temp_files.hpp"
#include "daemon/sinks/file/commit/system_calls.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/writer_identity.hpp"

namespace tokensyncd::sinks {

/// Where a temporary file is made, and what it is made with; all of it must outlive it.
struct workshop {
  system_calls& system;
  const writer_identity& identity;
  stale_temp_files& sweeper;
};

/// A file on its way: complete and with its final permissions before it gets its name. Unless
/// put_in_place() succeeded it is gone when this object is; or empty and remembered as left over,
/// where the file system won't remove it. Blocks; one thread at a time.
class temporary_file {
 public:
  /// `path` is the place it is for; `directory`, that place's, must stay open meanwhile.
  temporary_file(const workshop& with, std::string path, int directory);
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file();

  /// Creates it, empty and for this program alone, without the access list that a directory hands
  /// on (its default ACL); refused on a file system that would make it wider.
  result<void> create();

  /// Group, mode, owner, in this order: never wider than asked for, and possible with CAP_CHOWN
  /// alone.
  result<void> set(const permissions& wanted);

  /// Gives it another name of its kind: where that is refused it couldn't be put in its place, or
  /// removed, either. For a check alone: who watches the directory hears of each rename.
  result<void> try_rename();

  result<void> write(std::string_view bytes);
  void start_writing_back();
  result<void> sync();

  /// Renames it to `name`, over what is there or not (`replace`), and says what the file then is.
  /// None: something is there already that isn't to be replaced.
  result<std::optional<struct stat>> put_in_place(const std::string& name, bool replace);

  /// What its inode is, once it has been created.
  [[nodiscard]] const struct stat& made() const noexcept { return made_; }

  /// Whether the directory is one that tells `a` from `A`: only while it has a name of its own.
  [[nodiscard]] bool ignores_case();

 private:
  result<void> look(file_step step);

  const workshop with_;
  const std::string path_;
  const int directory_;
  std::string name_;
  descriptor file_;
  struct stat made_{};
};

}  // namespace tokensyncd::sinks
