#include "tests/support/process.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"

namespace tokensyncd::tests {
namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return ends;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const program& what) {
  std::vector<std::string> out;
  for (const auto* name : {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS",
                           "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
    const auto* value = std::getenv(name);
    if (value != nullptr && !what.environment.contains(name))
      out.push_back(std::string(name).append("=").append(value));
  }
  for (const auto& [name, value] : what.environment)
    out.push_back(std::string(name).append("=").append(value));
  return out;
}

/// Between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* directory,
                         int output, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(errors, 2);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (*directory != '\0' && ::chdir(directory) != 0) ::_exit(127);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

/// Until exec closes the child's end: before that, /proc shows us in its place.
void wait_for_exec(const std::array<int, 2>& started) {
  ::close(started[1]);
  char none = 0;
  while (::read(started[0], &none, 1) < 0 && errno == EINTR) {
  }
  ::close(started[0]);
}

}  // namespace

process::process(const program& what) {
  std::vector<std::string> words{what.path.string()};
  words.insert(words.end(), what.arguments.begin(), what.arguments.end());
  auto variables = environment_of(what);
  const auto arguments = pointers(words);
  const auto environment = pointers(variables);
  const auto directory = what.directory.string();
  const auto output = make_pipe();
  const auto errors = make_pipe();
  const auto started = make_pipe();
  id_ = checked(::fork(), "fork");
  if (id_ == 0)
    become(arguments.data(), environment.data(), directory.c_str(), output[1], errors[1]);
  ::close(output[1]);
  ::close(errors[1]);
  wait_for_exec(started);
  pid_fd_ = checked(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0U)), "pidfd_open");
  stop_fd_ = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
  reader_ = std::thread([this, from = output[0], bad = errors[0]] { read_outputs(from, bad); });
}

process::~process() {
  if (!ended_) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    stop_reading();
  }
  ::close(pid_fd_);
  ::close(stop_fd_);
}

bool process::append(int from, std::string& to) {
  std::array<char, 16 * 1024> piece{};
  const auto size = ::read(from, piece.data(), piece.size());
  if (size <= 0) return size < 0 && errno == EINTR;
  const std::lock_guard lock(mutex_);
  to.append(piece.data(), static_cast<std::size_t>(size));
  came_.notify_all();
  return true;
}

void process::read_outputs(int output, int errors) {
  std::array<pollfd, 3> watched{{{output, POLLIN, 0}, {errors, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    // Once it has ended only what is there already is read: a grandchild may hold the pipe open.
    const bool ending = (watched[2].revents & POLLIN) != 0;
    const int ready = ::poll(watched.data(), ending ? 2 : 3, ending ? 0 : -1);
    if (ending && ready <= 0) break;
    if (watched[0].revents != 0 && !append(output, output_)) watched[0].fd = -1;
    if (watched[1].revents != 0 && !append(errors, errors_)) watched[1].fd = -1;
  }
  ::close(output);
  ::close(errors);
  const std::lock_guard lock(mutex_);
  closed_ = true;
  came_.notify_all();
}

void process::stop_reading() {
  ::eventfd_write(stop_fd_, 1);
  reader_.join();
  ended_ = true;
}

std::string process::wait_for_line(std::string_view part) {
  std::string found;
  const auto look_in = [&](const std::string& text) {
    const auto at = text.find(part);
    const auto end = at == std::string::npos ? at : text.find('\n', at);
    if (end == std::string::npos) return false;
    const auto begin = text.rfind('\n', at) + 1;
    found = text.substr(begin, end - begin);
    return true;
  };
  std::unique_lock lock(mutex_);
  bool is_there = false;
  came_.wait_for(lock, ceiling, [&] {
    is_there = look_in(output_) || look_in(errors_);
    return is_there || closed_;
  });
  if (!is_there) {
    throw std::runtime_error("no line with '" + std::string(part) + "' came; it said:\n" + output_ +
                             errors_);
  }
  return found;
}

void process::signal(int number) const {
  if (!ended_) ::kill(id_, number);
}

int process::wait() {
  if (ended_) return exit_code_;
  pollfd end{pid_fd_, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&end, 1, static_cast<int>(std::chrono::milliseconds(ceiling).count()));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) ::kill(id_, SIGKILL);
  int status = 0;
  ::waitpid(id_, &status, 0);
  stop_reading();
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (ready == 0)
    throw std::runtime_error("the program didn't end; it said:\n" + output_ + errors_);
  return exit_code_;
}

void process::end_well() noexcept {
  if (ended_) return;
  try {
    signal(SIGTERM);
    const int code = wait();
    if (code != 0) ADD_FAILURE() << "a program ended with " << code << "; it said:\n" << errors();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

bool process::is_running() const {
  pollfd end{pid_fd_, POLLIN, 0};
  return !ended_ && ::poll(&end, 1, 0) == 0;
}

std::string process::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string process::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

std::size_t process::anonymous_kib() const {
  const auto status = read_file("/proc/" + std::to_string(id_) + "/status");
  constexpr std::string_view name = "RssAnon:";
  const auto at = status.find(name);
  return at == std::string::npos ? 0 : std::stoul(status.substr(at + name.size()));
}

finished run(const program& what) {
  process one{what};
  const int code = one.wait();
  return {code, one.output(), one.errors()};
}

finished run_on_terminal(const program& what, unsigned short columns) {
  std::vector<std::string> words{what.path.string()};
  words.insert(words.end(), what.arguments.begin(), what.arguments.end());
  auto variables = environment_of(what);
  const auto arguments = pointers(words);
  const auto environment = pointers(variables);
  const auto directory = what.directory.string();
  const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int screen = -1;
  const pid_t child = checked(::forkpty(&screen, nullptr, nullptr, &size), "forkpty");
  if (child == 0) become(arguments.data(), environment.data(), directory.c_str(), 1, 2);
  finished out;
  std::array<char, 16 * 1024> piece{};
  // EIO is its end: nobody has the terminal open any more.
  for (ssize_t got = 1; got > 0 || errno == EINTR;) {
    got = ::read(screen, piece.data(), piece.size());
    if (got > 0) out.output.append(piece.data(), static_cast<std::size_t>(got));
    if (got == 0) break;
  }
  ::close(screen);
  int status = 0;
  ::waitpid(child, &status, 0);
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

}  // namespace tokensyncd::tests
