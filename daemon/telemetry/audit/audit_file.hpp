#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/log/log.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// A file to which lines are only ever added (0640, O_APPEND), written by a thread of its own, so
/// that a slow disk stops nobody. What can't be written is kept and tried again, up to a bound;
/// trouble is counted each time and logged when it begins and ends. A file that somebody renames or
/// removes is left, and another one begun, at the next line. Standard output and error
/// (/dev/stdout, /dev/stderr, /dev/fd/1, /proc/self/fd/1 and so on) are used as they are, because
/// an unprivileged process that can't be dumped may not open them by name (proc(5)). From any
/// thread.
class audit_file {
 public:
  static constexpr std::size_t most_lines = 10'000;    ///< kept while the file can't be written
  static constexpr std::chrono::seconds last_wait{2};  ///< of the destructor

  audit_file(std::filesystem::path path, logger& log, metrics::daemon_metrics& metrics);
  /// Tries once more to write what is left. Where the file hangs, its thread is left alone after
  /// `last_wait`: what is lost is counted and logged.
  ~audit_file();
  audit_file(const audit_file&) = delete;
  audit_file& operator=(const audit_file&) = delete;

  /// Takes one line, without its end.
  void append(std::string line);

  /// Opens `path` before the next line: anew (logrotate), or another (reload).
  void reopen(std::filesystem::path path);

  /// Takes no more lines: what is left is written, or counted as lost, without anybody's waiting.
  void finish();

  /// What would keep an audit log at `path` from being written, without opening it. Blocks.
  [[nodiscard]] static result<void> look(const std::filesystem::path& path);

  /// Whether the last attempt to write failed.
  [[nodiscard]] bool failing() const noexcept;

 private:
  class writer;

  std::shared_ptr<writer> writer_;  ///< the thread's too, which may outlive this
  std::thread thread_;
};

}  // namespace tokensyncd::telemetry
