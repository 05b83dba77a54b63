#pragma once

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>

#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd::tests {

/// A file that nobody can open for now, as one on a disk that hangs: this process has a lease on it
/// (fcntl(2), F_SETLEASE), and whoever opens it waits. An open with O_NONBLOCK fails instead. After
/// /proc/sys/fs/lease-break-time (45 s) the kernel lets them go on by itself.
class held_file {
 public:
  explicit held_file(const std::filesystem::path& file)
      : file_(::open(file.c_str(), O_RDWR | O_CLOEXEC)) {
    // Whoever comes is announced by a signal: one that is ignored.
    if (::fcntl(file_.number(), F_SETSIG, SIGURG) != 0 ||
        ::fcntl(file_.number(), F_SETLEASE, F_WRLCK) != 0)
      throw std::runtime_error("no lease on " + file.string());
  }

  /// Whether somebody waits for it.
  [[nodiscard]] bool is_waited_for() const {
    return ::fcntl(file_.number(), F_GETLEASE) != F_WRLCK;
  }

  void release() { ::fcntl(file_.number(), F_SETLEASE, F_UNLCK); }

 private:
  owned_fd file_;
};

}  // namespace tokensyncd::tests
