#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"

namespace tokensyncd {

/// Says when something changed in a set of directories (inotify, never on a file itself, which
/// would go deaf at its first rename).
///
/// A directory may be missing, vanish, be replaced or be a symlink: its ancestors are watched for
/// its name. When the kernel's queue overflows, everything counts as changed. Subdirectories aren't
/// watched. For the loop's thread, one waiter at a time.
class directory_watch {
 public:
  /// Nothing changed for this long: what was being written is whole.
  static constexpr std::chrono::milliseconds quiet{250};
  /// A directory that is never quiet is told of after this long all the same.
  static constexpr std::chrono::milliseconds patience{5'000};

  /// `loop` and `time` must outlive it.
  directory_watch(asio::io_context& loop, clock& time);

  /// Watches these directories (absolute) from now on in place of those before. Read what they hold
  /// after this, not before. A failure (io_error: the kernel's limits are used up) leaves nothing
  /// watched: look by yourself every now and then.
  result<void> set(std::vector<std::filesystem::path> directories);

  /// Completes with true when something changed since set() or since the last time, and has been
  /// quiet; with false at `until`: NFS, FUSE, 9p and virtiofs tell nothing of what others change
  /// (inotify(7)), so look by yourself then. At once with a failure while nothing can be watched.
  /// Throws system_error(operation_aborted) when cancelled.
  task<result<bool>> changed(steady_time until = steady_time::max());

  /// For whoever looks by himself every `pause` at least: completes with true when changed() says
  /// that something changed, and with false after `pause`, also where nothing can be watched;
  /// `unwatched` (empty: nobody asks) is told why then. Throws as changed() does.
  task<bool> changed_within(std::chrono::milliseconds pause,
                            const std::function<void(const failure&)>& unwatched);

 private:
  /// What is of interest under one watch descriptor.
  struct interest {
    bool everything = false;
    std::unordered_set<std::string> names;  ///< entries on the way to a directory
  };
  enum class news { none, content, places };

  result<void> arm();
  void watch_way_to(const std::filesystem::path& directory, int& error);
  /// Watches `place` for changes of any entry, or only of the entry `name`, which is a step of the
  /// way to a directory. Stores an errno in `error` when the kernel has no watch left.
  void add_all_of(const std::filesystem::path& place, int& error);
  void add_step(const std::filesystem::path& place, const std::string& name, int& error);
  [[nodiscard]] interest* add(const std::filesystem::path& place, std::uint32_t events, int& error);
  news drain();
  task<void> readable();

  clock& time_;
  std::unique_ptr<sleeper> sleeper_;
  asio::posix::basic_stream_descriptor<executor> inotify_;
  std::vector<std::filesystem::path> directories_;
  std::unordered_map<int, interest> interests_;
};

}  // namespace tokensyncd
