#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/sinks/file/commit/permissions.hpp"
#include "daemon/sinks/file/commit/temporary_file.hpp"
#include "daemon/sinks/file/place_guard.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// One file to be right, and how that went.
struct file_write_request {
  std::string path;
  secret bytes;
  std::uint64_t shape = 0;                  ///< of the content, see content::shape
  std::optional<sync::etag> recorded{};     ///< of what was written last; none where unknown
  bool same_token = false;                  ///< what was written last held this very token
  bool etag_suffices = false;               ///< so an untouched file needs no comparison
  std::optional<sync::etag> may_replace{};  ///< a file that isn't as recorded, but nobody else's
  result<sync::delivered> outcome{};
  /// Out: a file stands there that isn't as recorded; nothing was written, and `outcome` says
  /// nothing.
  std::optional<sync::etag> stranger{};
  /// Out: what is there, though it isn't known to stay; or what may come back.
  std::optional<sync::etag> uncertain{};
};

/// The etag's part that stands for the settings: content's shape and permissions in 32 bits.
[[nodiscard]] std::uint32_t shape_of(std::uint64_t content_shape, const permissions& wanted);

/// Brings files to their places together: each is written beside its place, flushed, renamed, and
/// each directory flushed once. What is right already isn't touched; one file's trouble stays its
/// own. What is written stays claimed from `guard` until its path is released. Blocks; from any
/// thread.
void commit_files(std::span<file_write_request* const> requests, const permissions& wanted,
                  const workshop& with, destination_guard& guard);

}  // namespace tokensyncd::sinks
