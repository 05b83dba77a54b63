#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/log.hpp"
#include "metrics/daemon_metrics.hpp"

namespace tokensyncd::telemetry {

/// A file to which lines are only ever added (0640, O_APPEND), written by a thread of its own, so
/// that a slow disk stops nobody. What can't be written is kept and tried again, up to a bound;
/// trouble is counted each time and logged when it begins and ends. From any thread; the
/// destructor tries once more to write what is left.
class audit_file {
 public:
  static constexpr std::size_t most_lines = 10'000;  ///< kept while the file can't be written

  audit_file(std::filesystem::path path, logger& log, metrics::daemon_metrics& numbers);
  ~audit_file();
  audit_file(const audit_file&) = delete;
  audit_file& operator=(const audit_file&) = delete;

  /// Takes one line, without its end.
  void append(std::string line);

  /// Opens `path` before the next line: anew (logrotate), or another (reload).
  void reopen(std::filesystem::path path);

  /// What would keep an audit log at `path` from being written, without opening it. Blocks.
  [[nodiscard]] static result<void> look(const std::filesystem::path& path);

  [[nodiscard]] bool failing() const noexcept { return failing_.load(std::memory_order_relaxed); }

 private:
  void run();
  bool write_all(std::deque<std::string>& lines);
  bool open();
  bool write(const std::string& line);
  void close() noexcept;
  void failed(const char* doing, int error);
  void succeeded();

  logger& log_;
  metrics::daemon_metrics& numbers_;
  std::atomic<bool> failing_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::filesystem::path next_path_;  ///< to open; empty: the one that is open stays
  bool stopping_ = false;

  std::filesystem::path path_;
  int descriptor_ = -1;      ///< the thread's own, like those around it
  std::size_t written_ = 0;  ///< bytes of the first line that are in the file already
  std::thread thread_;
};

}  // namespace tokensyncd::telemetry
