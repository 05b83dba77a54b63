#include "daemon/runtime/child_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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
  const std::string begin = "can't run " + program + ": ";
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {failure_kind::missing_place,
              begin +
                  "it isn't there, or the interpreter that its first line names isn't; install "
                  "it, or correct the command"};
    case EACCES:
    case EPERM:
      return {failure_kind::no_permission,
              begin +
                  "this user may not execute it; give it the right (chmod a+rx), and let its "
                  "directories be entered"};
    case ENOEXEC:
      return {failure_kind::io_error,
              begin + "it is no program; begin a script with its interpreter (#!/bin/sh)"};
    case E2BIG:
      return {failure_kind::io_error, begin + "its arguments are too long"};
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
  // posix_spawn takes them as execve does: not const, and never written.
  for (const std::string& each : texts) all.push_back(const_cast<char*>(each.c_str()));
  all.push_back(nullptr);
  return all;
}

/// What is done between fork and exec.
class preparation {
 public:
  preparation() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  preparation(const preparation&) = delete;
  preparation& operator=(const preparation&) = delete;
  ~preparation() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  /// `input`: -1 for /dev/null; `file`: -1 for none. 0 or an errno.
  int describe(int input, int output, int errors, int file) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    const int first_closed = file >= 0 ? first_of_ours + 1 : first_of_ours;
    const std::array<int, 10> outcomes{
        input >= 0
            ? ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO)
            : ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO),
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO),
        file >= 0 ? ::posix_spawn_file_actions_adddup2(&actions_, file, first_of_ours) : 0,
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, first_closed),
        ::posix_spawn_file_actions_addchdir_np(&actions_, "/"),
        ::posix_spawnattr_setpgroup(&attributes_, 0),
        ::posix_spawnattr_setsigmask(&attributes_, &none),
        ::posix_spawnattr_setsigdefault(&attributes_, &all),
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)};
    const auto failed = std::ranges::find_if(outcomes, [](int code) { return code != 0; });
    return failed == outcomes.end() ? 0 : *failed;
  }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

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
  // Another number than the child's, so that it stays open when the program is executed.
  owned_fd given;
  if (file >= 0) {
    given = owned_fd{::fcntl(file, F_DUPFD_CLOEXEC, first_of_ours + 1)};
    if (!given.is_open()) return cannot_run(program, errno);
  }

  preparation steps;
  int error = steps.describe(input.read.number(), output.write.number(), errors.write.number(),
                             given.number());
  started_child made;
  if (error == 0) {
    error = ::posix_spawn(&made.id, program.c_str(), steps.actions(), steps.attributes(),
                          pointers(argv).data(), pointers(environment).data());
  }
  if (error != 0) return cannot_run(program, error);

  // The C library of Debian 12 declares pidfd_open() for C alone.
  made.process = owned_fd{static_cast<int>(::syscall(SYS_pidfd_open, made.id, 0))};
  if (!made.process.is_open()) {
    error = errno;
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
  return failure{failure_kind::missing_place,
                 "can't run " + name +
                     ": no program of this name is in the system's directories; write its whole "
                     "path"};
}

}  // namespace tokensyncd
