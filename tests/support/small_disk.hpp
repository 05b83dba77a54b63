#pragma once

#include <string>

#include <sched.h>
#include <sys/mount.h>

namespace tokensyncd::tests {

/// Mounts a tmpfs of `bytes` at `where`, in a mount namespace of this process's own; false where
/// that isn't permitted. For a process with one thread (a death test's child, a fork).
inline bool mount_small_disk(const std::string& where, std::size_t bytes) {
  if (::unshare(CLONE_NEWNS) != 0) return false;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  const std::string options = "mode=0700,size=" + std::to_string(bytes);
  return ::mount("tmpfs", where.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

}  // namespace tokensyncd::tests
