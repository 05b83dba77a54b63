#pragma once

#include <cstdint>

#include <sys/stat.h>

#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// By what a file is known again: device, inode, ctime in nanoseconds, and its size with the shape
/// (a hash of the settings that determine bytes and permissions), so that an edit, a chmod and a
/// changed configuration all show. ctime, as mtime shows neither chmod nor edits in the same tick.
[[nodiscard]] inline sync::etag make_etag(const struct stat& file, std::uint32_t shape) noexcept {
  constexpr std::uint64_t second = 1'000'000'000;
  const auto seconds = static_cast<std::uint64_t>(file.st_ctim.tv_sec);
  const auto nanoseconds = static_cast<std::uint64_t>(file.st_ctim.tv_nsec);
  const auto size = static_cast<std::uint64_t>(file.st_size) & 0xFFFF'FFFFU;
  return {{file.st_dev, file.st_ino, seconds * second + nanoseconds,
           size | std::uint64_t{shape} << 32U}};
}

/// Whether two etags are of the same untouched file, whatever the settings.
[[nodiscard]] inline bool same_file(const sync::etag& a, const sync::etag& b) noexcept {
  return a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2] &&
         (a.words[3] & 0xFFFF'FFFFU) == (b.words[3] & 0xFFFF'FFFFU);
}

}  // namespace tokensyncd::sinks
