#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sinks/file/commit/temporary_file.hpp"
#include "daemon/sinks/file/place_guard.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// A file that an entry of the configuration writes.
struct file_destination {
  std::size_t sink = 0;  ///< whichever number the caller knows it by
  std::string_view sink_name;
  std::string_view workspace;
  std::string path;
};

/// One or more places of a sink that lead where nothing of theirs may be written.
struct destination_clash {
  std::size_t sink = 0;
  std::string sentence;
  std::size_t workspaces = 1;
};

/// Finds places that lead to one directory entry by different paths (links, mounts, names that
/// differ in case alone where the directory is known not to tell them apart), and those that lead
/// to a file of the daemon's own. What concerns two directories is one problem. With `try_out`
/// names that differ in case are tried with an empty temporary file, which is removed again.
/// Blocks.
[[nodiscard]] std::vector<destination_clash> find_clashes(std::span<const file_destination> all,
                                                          const destination_guard& guard,
                                                          sync::thoroughness how,
                                                          const workshop& with);

}  // namespace tokensyncd::sinks
