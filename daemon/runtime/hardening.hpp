#pragma once

namespace tokensyncd {

/// Keeps secrets inside this process: no core dump, no attaching by others of the same user
/// (PR_SET_DUMPABLE), new files for nobody else (umask 077); and a closed pipe is an error instead
/// of the end (SIGPIPE). Before any secret is read. Throws std::system_error where the kernel
/// refuses.
void harden_process();

}  // namespace tokensyncd
