#include "daemon/telemetry/audit/audit_file.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "daemon/telemetry/audit/standard_stream.hpp"

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

}  // namespace

/// What the thread does, and what it shares with others. Once it is abandoned it says nothing more,
/// as those whom it would say it to may be gone.
class audit_file::writer {
 public:
  writer(std::filesystem::path path, logger& log, metrics::daemon_metrics& metrics)
      : log_(log), metrics_(metrics), path_(std::move(path)) {}
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;
  ~writer() { close(); }

  void append(std::string line);
  void reopen(std::filesystem::path path);
  void stop();
  /// Waits until the thread has nothing left to do, or abandons it after `limit`; whether it ended.
  bool wait(std::chrono::milliseconds limit);
  void run();

  std::atomic<bool> failing = false;

 private:
  bool write_all(std::deque<std::string>& lines);
  bool open();
  bool write(const std::string& line);
  bool is_writable() const;
  void close() noexcept;
  void failed(const char* doing, int error);
  void failed_locked(const char* doing, int error);
  void succeeded();
  void lose(std::size_t lines);

  logger& log_;
  metrics::daemon_metrics& metrics_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::filesystem::path next_path_;  ///< to open; empty: the one that is open stays
  /// Since when the thread has been at the file; none while it waits for something to do.
  std::optional<std::chrono::steady_clock::time_point> busy_since_{
      std::chrono::steady_clock::now()};
  bool stopping_ = false;
  bool ended_ = false;
  bool abandoned_ = false;

  std::filesystem::path path_;
  int descriptor_ = -1;      ///< the thread's own, like those around it
  bool is_stream_ = false;   ///< a standard stream, which may make its writer wait
  std::size_t written_ = 0;  ///< bytes of the first line that are in the file already
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
  return writer_->failing.load(std::memory_order_relaxed);
}

void audit_file::writer::append(std::string line) {
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= most_lines) {
      metrics_.audit_failed();
      return;
    }
    waiting_.push_back(std::move(line));
    if (busy_since_ && std::chrono::steady_clock::now() - *busy_since_ > hangs_after) {
      failed_locked("written", ETIMEDOUT);
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
    if (moves) path_ = std::exchange(next_path_, {});
    lines.swap(waiting_);
    busy_since_ = std::chrono::steady_clock::now();
    lock.unlock();
    // Without the lock, as each of these may hang.
    if (moves) close();
    fine = write_all(lines);
    if (last) close();
    lock.lock();
    // What is left goes before what came meanwhile.
    for (; !lines.empty(); lines.pop_back()) waiting_.push_front(std::move(lines.back()));
    if (last) {
      if (!abandoned_) lose(waiting_.size());
      ended_ = true;
    }
  }
  changed_.notify_all();
}

bool audit_file::writer::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, limit, [this] { return ended_; })) return true;
  abandoned_ = true;
  lose(waiting_.size() + 1);
  log_.warning(
      "audit.left",
      "The audit log " + path_.string() +
          " accepts no line because its disk hangs. The lines that were not written yet are lost.");
  return false;
}

void audit_file::writer::lose(std::size_t lines) {
  for (; lines > 0; --lines) metrics_.audit_failed();
}

void audit_file::writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool audit_file::writer::write_all(std::deque<std::string>& lines) {
  if (descriptor_ < 0 && !open()) return false;
  for (; !lines.empty(); lines.pop_front()) {
    if (!write(lines.front())) return false;
  }
  succeeded();
  return true;
}

bool audit_file::writer::open() {
  const auto stream = standard_stream(path_);
  is_stream_ = stream.has_value();
  // O_NONBLOCK, not to wait for the reader of a pipe that somebody has put there.
  descriptor_ =
      is_stream_ ? ::fcntl(*stream, F_DUPFD_CLOEXEC, 0)
                 : ::open(path_.c_str(),
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (descriptor_ < 0) failed("opened", errno);
  return descriptor_ >= 0;
}

/// A standard stream is others' too, so it isn't made O_NONBLOCK.
bool audit_file::writer::is_writable() const {
  pollfd room{descriptor_, POLLOUT, 0};
  constexpr int patience_ms = 1000;
  return !is_stream_ || ::poll(&room, 1, patience_ms) != 0;
}

bool audit_file::writer::write(const std::string& line) {
  while (written_ < line.size()) {
    const std::string_view rest = std::string_view(line).substr(written_);
    if (!is_writable()) {
      failed("written", EAGAIN);
      return false;
    }
    const ssize_t count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      failed("written", errno);
      return false;
    }
    written_ += static_cast<std::size_t>(count);
  }
  written_ = 0;
  return true;
}

void audit_file::writer::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  written_ = 0;  // another file: a line begun in the old one is written whole
}

void audit_file::writer::failed(const char* doing, int error) {
  const std::lock_guard lock(mutex_);
  if (!abandoned_) failed_locked(doing, error);
}

void audit_file::writer::failed_locked(const char* doing, int error) {
  metrics_.audit_failed();
  if (failing.exchange(true, std::memory_order_relaxed)) return;
  log_.error("audit.failed",
             "The audit log " + path_.string() + " cannot be " + doing + ": " +
                 std::system_category().message(error) +
                 ". Its lines are kept in memory and retried; check the directory and the disk.");
}

void audit_file::writer::succeeded() {
  const std::lock_guard lock(mutex_);
  if (!failing.exchange(false, std::memory_order_relaxed) || abandoned_) return;
  log_.info("audit.recovered", "The audit log " + path_.string() + " is written again.");
}

}  // namespace tokensyncd::telemetry
