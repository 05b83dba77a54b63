#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd {

/// `NAME=value` pairs that are given to a child beside those that are passed on.
using child_variables = std::vector<std::pair<std::string, std::string>>;

/// The environment of a child: of ours only PATH, HOME, LANG, LC_*, TZ, USER, LOGNAME and TMPDIR
/// (never systemd's sockets and credentials, proxies with their passwords, or anything else), and
/// `added`, which wins. For the loop's thread.
[[nodiscard]] std::vector<std::string> child_environment(const child_variables& added);

/// A program that has been started, as its parent holds it.
struct started_child {
  pid_t id = 0;        ///< also the id of its process group
  owned_fd process{};  ///< pidfd, readable when it has ended
  owned_fd input{};    ///< its standard input is read from here; closed where it has /dev/null
  owned_fd output{};
  owned_fd errors{};
};

/// Starts `program` (a path with a slash) as `argv`, without a shell: in a process group of its
/// own, in `/`, no signal blocked or ignored, with the limit on descriptors that we were started
/// with, with no descriptor of ours but its three, and `file` (-1: none) as number 3. Blocks until
/// the program is executed, which a file system that hangs draws out; for a pool. Failures:
/// missing_place, no_permission, io_error; the sentence names the program and the next step.
[[nodiscard]] result<started_child> start_child(const std::string& program,
                                                const std::vector<std::string>& argv,
                                                const std::vector<std::string>& environment,
                                                bool takes_input, int file = -1);

/// What keeps a program from being executed by this user, as start_child() would say it: none where
/// nothing does. Only looks. Blocks.
[[nodiscard]] result<void> look_at_program(const std::string& program);

/// The path of `name`: itself where it has a slash; else where the system's directories (PATH of a
/// service: /usr/local/sbin to /bin) have an executable file of that name. Failure: missing_place.
/// Blocks.
[[nodiscard]] result<std::string> find_program(const std::string& name);

}  // namespace tokensyncd
