#pragma once

namespace tokensyncd {

/// Undoes what the parent's signals do to this process over exec: signals that it ignores are no
/// longer ignored, and none is blocked (daemon(7), "SysV daemons", 2 and 3) but SIGHUP and SIGUSR1.
/// Otherwise an ignored SIGCHLD hides how programs end, and a blocked SIGTERM ends nobody. The two
/// ask a daemon for work and would end it while nobody catches them: they wait for
/// release_requests(). First of all.
void reset_inherited_signals() noexcept;

/// Whether SIGHUP was ignored before reset_inherited_signals(), as nohup(1) has it.
[[nodiscard]] bool began_with_hang_ups_ignored() noexcept;

/// Lets SIGHUP and SIGUSR1 through again, on this thread: somebody catches them now, or they may
/// end the process.
void release_requests() noexcept;

/// Keeps secrets inside this process: no core dump, no attaching by others of the same user
/// (PR_SET_DUMPABLE), new files for nobody else (umask 077); and a closed pipe (SIGPIPE) or
/// a file over its limit (SIGXFSZ: RLIMIT_FSIZE) is an error instead of the end. Before any secret
/// is read. Throws std::system_error where the kernel refuses.
void harden_process();

}  // namespace tokensyncd
