#pragma once

#include <string>
#include <vector>

#include "config/values.hpp"

namespace tokensyncd {

/// A file that the daemon writes and that another key names too.
struct own_clash {
  std::string key;       ///< of the one that is written: `audit.file`
  std::string sentence;  ///< names both keys, the path and what to do
};

/// Compares what the daemon writes itself (state with its companions, audit log, control socket)
/// with each other and with all that it reads or executes: by what links lead to (device and
/// inode), and by directory and name, ignoring case, where one isn't there yet. What is no file or
/// socket, such as /dev/stderr, clashes with nothing. Looks at the file system; blocks.
[[nodiscard]] std::vector<own_clash> find_own_clashes(const config::configuration& settings);

}  // namespace tokensyncd
