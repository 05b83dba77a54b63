#pragma once

#include <optional>

#include <sys/types.h>

namespace tokensyncd {

/// The user who logged in and whose session the process `pid` belongs to, whatever su(1) or sudo(8)
/// made of it since: /proc/PID/loginuid (proc_pid_loginuid(5), set by pam_loginuid(8)). None: a
/// service or a timer, a kernel without audit support, a process that has ended or that /proc
/// doesn't show. From any thread.
[[nodiscard]] std::optional<uid_t> login_uid(pid_t pid);

}  // namespace tokensyncd
