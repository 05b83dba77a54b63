#pragma once

namespace tokensyncd {

/// Undoes what the parent's signals do to this process over exec: signals that it ignores are no
/// longer ignored, and none is blocked (daemon(7), "SysV daemons", 2 and 3). Otherwise an ignored
/// SIGCHLD hides how programs end, and a blocked SIGTERM ends nobody. First of all.
void reset_inherited_signals() noexcept;

/// Keeps secrets inside this process: no core dump, no attaching by others of the same user
/// (PR_SET_DUMPABLE), new files for nobody else (umask 077); and a closed pipe (SIGPIPE) or
/// a file over its limit (SIGXFSZ: RLIMIT_FSIZE) is an error instead of the end. Before any secret
/// is read. Throws std::system_error where the kernel refuses.
void harden_process();

}  // namespace tokensyncd
