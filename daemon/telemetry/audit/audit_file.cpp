#include "daemon/telemetry/audit/audit_file.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include <pthread.h>

#include "daemon/telemetry/audit/line_file.hpp"

namespace tokensyncd::telemetry {
namespace {

constexpr std::chrono::seconds retry_after{1};
constexpr std::chrono::seconds hangs_after{5};  ///< what is at it for so long counts as failed

/// Signals are the loop's business; a file over its limit (SIGXFSZ) is an error like another.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

/// Whether the audit log can be written, for metrics and log: counts each failure and each lost
/// line, and logs when failing begins and ends. After abandon() the writer's thread must not call
/// it any more, because metrics and log may be gone; succeeded() may be called and does not use
/// them. It has no errors of its own. failing() is for any thread, the rest for the holder of the
/// writer's lock.
class file_status {
 public:
  file_status(logger& log, metrics::daemon_metrics& metrics) : log_(log), metrics_(metrics) {}

  [[nodiscard]] bool failing() const noexcept { return failing_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_; }

  void failed(const std::filesystem::path& path, const line_file_error& error);
  void succeeded(const std::filesystem::path& path);
  void lose(std::size_t lines);
  /// The thread hangs with `lines` that it has not written, and is left alone.
  void abandon(const std::filesystem::path& path, std::size_t lines);

 private:
  logger& log_;
  metrics::daemon_metrics& metrics_;
  std::atomic<bool> failing_ = false;
  bool abandoned_ = false;
};

void file_status::failed(const std::filesystem::path& path, const line_file_error& error) {
  metrics_.audit_failed();
  if (failing_.exchange(true, std::memory_order_relaxed)) return;
  log_.error("audit.failed",
             "The audit log " + path.string() + " cannot be " + error.doing + ": " +
                 std::system_category().message(error.code) +
                 ". Its lines are kept in memory and retried; check the directory and the disk.");
}

void file_status::succeeded(const std::filesystem::path& path) {
  if (!failing_.exchange(false, std::memory_order_relaxed) || abandoned_) return;
  log_.info("audit.recovered", "The audit log " + path.string() + " is written again.");
}

void file_status::lose(std::size_t lines) {
  for (; lines > 0; --lines) metrics_.audit_failed();
}

void file_status::abandon(const std::filesystem::path& path, std::size_t lines) {
  abandoned_ = true;
  lose(lines);
  log_.warning(
      "audit.left",
      "The audit log " + path.string() +
          " accepts no line because its disk hangs. The lines that were not written yet are lost.");
}

}  // namespace

/// What the thread does, and what it shares with others. Once it is abandoned it says nothing more,
/// as those whom it would say it to may be gone.
class audit_file::writer {
 public:
  writer(std::filesystem::path path, logger& log, metrics::daemon_metrics& metrics)
      : status_(log, metrics), file_(std::move(path)) {}
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void append(std::string line);
  void reopen(std::filesystem::path path);
  void stop();
  /// Waits until the thread has nothing left to do, or abandons it after `limit`; whether it ended.
  bool wait(std::chrono::milliseconds limit);
  void run();
  [[nodiscard]] bool failing() const noexcept { return status_.failing(); }

 private:
  bool write_all(std::deque<std::string>& lines);
  bool open();
  void failed(const line_file_error& error);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::filesystem::path next_path_;  ///< to open; empty: the one that is open stays
  /// Since when the thread has been at the file; none while it waits for something to do.
  std::optional<std::chrono::steady_clock::time_point> busy_since_{
      std::chrono::steady_clock::now()};
  bool stopping_ = false;
  bool ended_ = false;
  file_status status_;

  line_file file_;  ///< the thread's own, but for its path, which changes under the lock
};

audit_file::audit_file(std::filesystem::path path, logger& log, metrics::daemon_metrics& metrics)
    : writer_(std::make_shared<writer>(std::move(path), log, metrics)),
      thread_([shared = writer_] { shared->run(); }) {}

audit_file::~audit_file() {
  writer_->stop();
  if (writer_->wait(last_wait)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void audit_file::append(std::string line) {
  writer_->append(std::move(line));
}

void audit_file::reopen(std::filesystem::path path) {
  writer_->reopen(std::move(path));
}

void audit_file::finish() {
  writer_->stop();
}

bool audit_file::failing() const noexcept {
  return writer_->failing();
}

void audit_file::writer::append(std::string line) {
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= most_lines) {
      status_.lose(1);
      return;
    }
    waiting_.push_back(std::move(line));
    if (busy_since_ && std::chrono::steady_clock::now() - *busy_since_ > hangs_after) {
      status_.failed(file_.path(), {"written", ETIMEDOUT});
    }
  }
  changed_.notify_one();
}

void audit_file::writer::reopen(std::filesystem::path path) {
  {
    const std::lock_guard lock(mutex_);
    next_path_ = std::move(path);
  }
  changed_.notify_one();
}

void audit_file::writer::run() {
  block_all_signals();
  std::deque<std::string> lines;
  bool fine = open();
  for (bool last = false; !last;) {
    std::unique_lock lock(mutex_);
    busy_since_.reset();
    const auto something = [this] { return stopping_ || !next_path_.empty(); };
    if (fine) {
      changed_.wait(lock, [&] { return something() || !waiting_.empty(); });
    } else {
      changed_.wait_for(lock, retry_after, something);
    }
    last = stopping_;
    const bool moves = !next_path_.empty();
    if (moves) file_.set_path(std::exchange(next_path_, {}));
    lines.swap(waiting_);
    busy_since_ = std::chrono::steady_clock::now();
    lock.unlock();
    // Without the lock, as each of these may hang.
    if (moves) file_.close();
    fine = write_all(lines);
    if (last) file_.close();
    lock.lock();
    // What is left goes before what came meanwhile.
    for (; !lines.empty(); lines.pop_back()) waiting_.push_front(std::move(lines.back()));
    if (last) {
      if (!status_.is_abandoned()) status_.lose(waiting_.size());
      ended_ = true;
    }
  }
  changed_.notify_all();
}

bool audit_file::writer::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, limit, [this] { return ended_; })) return true;
  status_.abandon(file_.path(), waiting_.size() + 1);
  return false;
}

void audit_file::writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool audit_file::writer::write_all(std::deque<std::string>& lines) {
  if (file_.is_open() && !lines.empty() && file_.is_moved_away()) file_.close();
  if (!file_.is_open() && !open()) return false;
  for (; !lines.empty(); lines.pop_front()) {
    if (const auto error = file_.write(lines.front())) {
      failed(*error);
      return false;
    }
  }
  const std::lock_guard lock(mutex_);
  status_.succeeded(file_.path());
  return true;
}

bool audit_file::writer::open() {
  if (const auto error = file_.open()) failed(*error);
  return file_.is_open();
}

void audit_file::writer::failed(const line_file_error& error) {
  const std::lock_guard lock(mutex_);
  if (!status_.is_abandoned()) status_.failed(file_.path(), error);
}

}  // namespace tokensyncd::telemetry
