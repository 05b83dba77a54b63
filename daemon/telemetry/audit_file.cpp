#include "daemon/telemetry/audit_file.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "daemon/runtime/access.hpp"

namespace tokensyncd::telemetry {
namespace {

constexpr std::chrono::seconds retry_after{1};

/// Signals are the loop's business; a file over its limit (SIGXFSZ) is an error like another.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

audit_file::audit_file(std::filesystem::path path, logger& log, metrics::daemon_metrics& numbers)
    : log_(log), numbers_(numbers), path_(std::move(path)), thread_([this] { run(); }) {}

audit_file::~audit_file() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

result<void> audit_file::look(const std::filesystem::path& path) {
  const auto refused = [&path](failure_kind kind, const std::string& why) {
    return failure{kind, "the audit log " + path.string() + " can't be opened: " + why};
  };
  const std::string directory = directory_of(path).string();
  switch (const int error = refusal_to_write(path); error) {
    case 0:
      return {};
    case ENOENT:
    case ENOTDIR:
      return refused(failure_kind::missing_place, "there is no directory " + directory +
                                                      "; create it, writable by the daemon's user");
    case EISDIR:
      return refused(failure_kind::wrong_place, "it is a directory; name a file");
    case EROFS:
      return refused(failure_kind::no_permission, "its file system is mounted read-only");
    case EACCES:
      return refused(failure_kind::no_permission,
                     "the daemon's user may not write there; let it, in " + directory);
    default:
      return refused(failure_kind::io_error, std::system_category().message(error));
  }
}

void audit_file::append(std::string line) {
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_lines) {
      numbers_.audit_failed();
      return;
    }
    waiting_.push_back(std::move(line));
  }
  changed_.notify_one();
}

void audit_file::reopen(std::filesystem::path path) {
  {
    const std::lock_guard lock(mutex_);
    next_path_ = std::move(path);
  }
  changed_.notify_one();
}

void audit_file::run() {
  block_all_signals();
  std::deque<std::string> lines;
  bool fine = open();
  for (bool last = false; !last;) {
    std::unique_lock lock(mutex_);
    const auto something = [this] { return stopping_ || !next_path_.empty(); };
    if (fine) {
      changed_.wait(lock, [&] { return something() || !waiting_.empty(); });
    } else {
      changed_.wait_for(lock, retry_after, something);
    }
    last = stopping_;
    if (!next_path_.empty()) {
      close();
      path_ = std::exchange(next_path_, {});
    }
    lines.swap(waiting_);
    lock.unlock();
    fine = write_all(lines);
    lock.lock();
    // What is left goes before what came meanwhile.
    for (; !lines.empty(); lines.pop_back()) waiting_.push_front(std::move(lines.back()));
    if (last) {
      for (std::size_t lost = waiting_.size(); lost > 0; --lost) numbers_.audit_failed();
    }
  }
  close();
}

bool audit_file::write_all(std::deque<std::string>& lines) {
  if (descriptor_ < 0 && !open()) return false;
  for (; !lines.empty(); lines.pop_front()) {
    if (!write(lines.front())) return false;
  }
  succeeded();
  return true;
}

bool audit_file::open() {
  // Not to wait for the reader of a pipe that somebody has put there.
  descriptor_ = ::open(path_.c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (descriptor_ < 0) failed("opened", errno);
  return descriptor_ >= 0;
}

bool audit_file::write(const std::string& line) {
  while (written_ < line.size()) {
    const std::string_view rest = std::string_view(line).substr(written_);
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

void audit_file::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  written_ = 0;  // another file: a line begun in the old one is written whole
}

void audit_file::failed(const char* doing, int error) {
  numbers_.audit_failed();
  if (failing_.exchange(true, std::memory_order_relaxed)) return;
  log_.error("audit.failed",
             "The audit log " + path_.string() + " can't be " + doing + ": " +
                 std::system_category().message(error) +
                 ". Its lines are kept and tried again; check the directory and the disk.");
}

void audit_file::succeeded() {
  if (!failing_.exchange(false, std::memory_order_relaxed)) return;
  log_.info("audit.recovered", "The audit log " + path_.string() + " is written again.");
}

}  // namespace tokensyncd::telemetry
