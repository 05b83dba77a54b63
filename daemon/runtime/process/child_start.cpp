#include "daemon/runtime/process/child_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/runtime/process/limits.hpp"

namespace tokensyncd {
namespace {

constexpr std::array<std::string_view, 7> passed_on{"PATH", "HOME",    "LANG",  "TZ",
                                                    "USER", "LOGNAME", "TMPDIR"};
constexpr std::array<std::string_view, 6> program_directories{
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
constexpr int first_of_ours = 3;

bool is_passed_on(std::string_view variable) {
  const auto name = variable.substr(0, variable.find('='));
  return name.starts_with("LC_") || std::ranges::find(passed_on, name) != passed_on.end();
}

failure cannot_run(const std::string& program, int error) {
  const std::string begin = "cannot run " + program + ": ";
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {failure_kind::missing_place,
              begin +
                  "it, or the interpreter that its first line names, does not exist; install it, "
                  "or correct the command"};
    case EACCES:
    case EPERM:
      return {failure_kind::no_permission,
              begin +
                  "this user may not execute it; grant execute permission on the file (chmod a+rx) "
                  "and on its directories"};
    case ENOEXEC:
      return {failure_kind::io_error,
              begin + "it is not a program; a script must begin with its interpreter (#!/bin/sh)"};
    case E2BIG:
      return {failure_kind::io_error, begin + "its arguments are too long; shorten them"};
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return {failure_kind::io_error, begin + shortage_sentence(error)};
    default:
      return {failure_kind::io_error, begin + std::system_category().message(error)};
  }
}

struct pipe_ends {
  owned_fd read{};
  owned_fd write{};
};

/// Never one of the numbers that become the child's own three, which we may have been started
/// without.
owned_fd above_stdio(owned_fd given) {
  if (!given.is_open() || given.number() >= first_of_ours) return given;
  return owned_fd{::fcntl(given.number(), F_DUPFD_CLOEXEC, first_of_ours)};
}

bool open_pipe(pipe_ends& made) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  made.read = above_stdio(owned_fd{ends[0]});
  made.write = above_stdio(owned_fd{ends[1]});
  return made.read.is_open() && made.write.is_open();
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  // execve takes them so: not const, and never written.
  for (const std::string& each : texts) all.push_back(const_cast<char*>(each.c_str()));
  all.push_back(nullptr);
  return all;
}

/// What becomes of a child between vfork() and exec.
struct child_plan {
  const char* program;
  char* const* argv;
  char* const* environment;
  int input;  ///< -1 for /dev/null
  int output;
  int errors;
  int file;     ///< becomes number 3; -1 for none
  int trouble;  ///< where the errno goes that keeps it from its program
  rlimit descriptors;
};

/// Turns the child into its program, by nothing but system calls: it shares our memory, and our
/// other threads go on. Returns with an errno where it can't, and `trouble` is where that goes.
int become(const child_plan& plan, int& trouble) noexcept {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  const int input = plan.input >= 0 ? plan.input : ::open("/dev/null", O_RDONLY);
  const bool has_stdio = input >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
                         ::dup2(plan.output, STDOUT_FILENO) >= 0 &&
                         ::dup2(plan.errors, STDERR_FILENO) >= 0;
  if (!has_stdio) return errno;
  const int telling = plan.file >= 0 ? first_of_ours + 1 : first_of_ours;
  if (trouble != telling && ::dup3(trouble, telling, O_CLOEXEC) < 0) return errno;
  trouble = telling;
  if (plan.file >= 0 && ::dup2(plan.file, first_of_ours) < 0) return errno;
  // Not all of ours are closed by exec: Asio's sockets aren't.
  ::closefrom(telling + 1);
  sigset_t none;
  sigemptyset(&none);
  const bool is_set_up = ::setpgid(0, 0) == 0 && ::chdir("/") == 0 &&
                         ::setrlimit(RLIMIT_NOFILE, &plan.descriptors) == 0 &&
                         ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  if (is_set_up) ::execve(plan.program, plan.argv, plan.environment);
  return errno;
}

/// vfork(2), because a fork copies the page tables of a daemon that may be large. In a function of
/// its own: what the child changes on its stack is nobody else's.
[[gnu::noinline]] pid_t fork_and_become(const child_plan& plan) noexcept {
  // posix_spawn(3) can't give the child another limit.
  const pid_t child = ::vfork();  // NOLINT(bugprone-unsafe-functions)
  if (child != 0) return child;
  int trouble = plan.trouble;
  const int error = become(plan, trouble);
  [[maybe_unused]] const ssize_t told = ::write(trouble, &error, sizeof error);
  ::_exit(127);
}

/// Starts it with no signal for us delivered in the child; 0 or an errno.
int spawn(child_plan plan, pid_t& child) {
  pipe_ends trouble;
  if (!open_pipe(trouble)) return errno;
  plan.trouble = trouble.write.number();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  child = fork_and_become(plan);
  int error = child < 0 ? errno : 0;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return error;
  // Its copy is closed by exec, so this ends when the program runs.
  trouble.write = owned_fd{};
  ssize_t got = 0;
  do {
    got = ::read(trouble.read.number(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return 0;
  ::waitpid(child, nullptr, 0);
  return error;
}

}  // namespace

std::vector<std::string> child_environment(const child_variables& added) {
  std::vector<std::string> all;
  for (const auto& [name, value] : added) all.emplace_back(name).append("=").append(value);
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view variable{*each};
    const auto name = variable.substr(0, variable.find('='));
    const bool is_ours = std::ranges::any_of(
        added, [name](const auto& one) { return std::string_view{one.first} == name; });
    if (is_passed_on(variable) && !is_ours) all.emplace_back(variable);
  }
  return all;
}

result<started_child> start_child(const std::string& program, const std::vector<std::string>& argv,
                                  const std::vector<std::string>& environment, bool takes_input,
                                  int file) {
  pipe_ends input;
  pipe_ends output;
  pipe_ends errors;
  if (!open_pipe(output) || !open_pipe(errors) || (takes_input && !open_pipe(input)))
    return cannot_run(program, errno);
  // Beyond the numbers that the child puts to use before it takes this one.
  owned_fd given;
  if (file >= 0) {
    given = owned_fd{::fcntl(file, F_DUPFD_CLOEXEC, first_of_ours + 2)};
    if (!given.is_open()) return cannot_run(program, errno);
  }

  const auto arguments = pointers(argv);
  const auto variables = pointers(environment);
  started_child made;
  const child_plan plan{program.c_str(),
                        arguments.data(),
                        variables.data(),
                        input.read.number(),
                        output.write.number(),
                        errors.write.number(),
                        given.number(),
                        -1,
                        descriptor_limit_of_children()};
  if (const int error = spawn(plan, made.id); error != 0) return cannot_run(program, error);

  // The C library of Debian 12 declares pidfd_open() for C alone.
  made.process = owned_fd{static_cast<int>(::syscall(SYS_pidfd_open, made.id, 0))};
  if (!made.process.is_open()) {
    const int error = errno;
    ::kill(-made.id, SIGKILL);
    ::waitpid(made.id, nullptr, 0);
    return cannot_run(program, error);
  }
  made.input = std::move(input.write);
  made.output = std::move(output.read);
  made.errors = std::move(errors.read);
  return made;
}

result<void> look_at_program(const std::string& program) {
  struct stat found{};
  if (::stat(program.c_str(), &found) != 0) return cannot_run(program, errno);
  if (!S_ISREG(found.st_mode)) return cannot_run(program, EACCES);
  if (::faccessat(AT_FDCWD, program.c_str(), X_OK, AT_EACCESS) != 0)
    return cannot_run(program, errno);
  return {};
}

result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  for (const std::string_view directory : program_directories) {
    std::string path = std::string{directory} + "/" + name;
    if (look_at_program(path)) return path;
  }
  return failure{
      failure_kind::missing_place,
      "cannot run " + name +
          ": no program of this name is in the system's directories; write its full path"};
}

}  // namespace tokensyncd
