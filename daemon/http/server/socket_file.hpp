#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/fs/file_reader.hpp"

namespace tokensyncd::http {

/// The file of a listening Unix socket; nothing where a server listens on TCP. It knows by device
/// and inode which file was made, because another daemon may put its own in that place. It has no
/// errors: a file that can't be looked at is not ours. For the loop's thread.
class socket_file {
 public:
  /// `path`: where the socket was just made; empty: there is no file.
  explicit socket_file(std::filesystem::path path);

  /// Empty: there is no file.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// A new socket was made at path().
  void note_made();

  /// Whether the file at path() is the one that was made. True while the look hangs.
  task<bool> is_ours();

  /// Removes the file, where it is the one that was made. Called while the socket is still open:
  /// until then no other file can have its inode.
  void remove() noexcept;

 private:
  /// Which file a path led to.
  struct identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const identity&, const identity&) = default;
  };

  [[nodiscard]] static std::optional<identity> identity_of(const std::filesystem::path& path);

  std::filesystem::path path_;
  std::optional<identity> made_;  ///< of the socket's file, while that is ours to remove
  file_reader looks_{{}};
};

}  // namespace tokensyncd::http
