#include "daemon/runtime/process/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>

#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd {
namespace {

/// What this process was started with; none until it was raised.
std::optional<rlimit> started_with;

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM;
}

}  // namespace

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (!started_with) started_with = limit;
  limit.rlim_cur = limit.rlim_max;
  // What the kernel refuses leaves the limit as it was, with which everything works too.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

rlimit descriptor_limit_of_children() noexcept {
  rlimit limit{};
  if (started_with) return *started_with;
  static_cast<void>(::getrlimit(RLIMIT_NOFILE, &limit));
  return limit;
}

int descriptor_limit() noexcept {
  constexpr rlim_t most = std::numeric_limits<int>::max();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return static_cast<int>(most);
  return static_cast<int>(std::min(limit.rlim_cur, most));
}

void require_descriptors(int count) {
  std::vector<owned_fd> held;
  held.reserve(static_cast<std::size_t>(count));
  held.emplace_back(::open("/", O_PATH | O_CLOEXEC));
  while (held.back().is_open() && held.size() < static_cast<std::size_t>(count)) {
    held.emplace_back(::fcntl(held.front().number(), F_DUPFD_CLOEXEC, 0));
  }
  const int error = held.back().is_open() ? 0 : errno;
  // Before anything is thrown: a sanitizer that looks at it needs one of its own.
  held.clear();
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), "no descriptors to start with");
  }
}

std::string shortage_sentence(int error) {
  switch (error) {
    case EMFILE:
      return "no descriptor is left of the " + std::to_string(descriptor_limit()) +
             " that this process may have; raise the limit (LimitNOFILE= in systemd, ulimit -n)";
    case ENFILE:
      return "the system has no descriptor left; raise fs.file-max (sysctl), or stop the program "
             "that uses them up";
    case EAGAIN:
      return "the system allows no further thread or process; raise the limit on tasks (TasksMax= "
             "or LimitNPROC= in systemd, ulimit -u, pids.max of a container)";
    default:
      return "the system has no memory left; raise the limit on it (MemoryMax= in systemd, the "
             "limit of a container), or free some";
  }
}

std::optional<std::string> shortage_of(const std::exception& error) {
  int code = 0;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) code = ENOMEM;
  // Both report errno under their "system" and their "generic" category.
  if (const auto* thrown = dynamic_cast<const std::system_error*>(&error)) {
    const auto& category = thrown->code().category();
    const bool is_errno = category == std::generic_category() || category == std::system_category();
    if (is_errno) code = thrown->code().value();
  }
  if (const auto* thrown = dynamic_cast<const boost::system::system_error*>(&error)) {
    const boost::system::error_code& why = thrown->code();
    const bool is_errno = why.category() == boost::system::generic_category() ||
                          why.category() == boost::system::system_category();
    if (is_errno) code = why.value();
  }
  return is_shortage(code) ? std::optional(shortage_sentence(code)) : std::nullopt;
}

void pass_on_shortage(const std::exception& error) {
  if (shortage_of(error)) throw;
}

}  // namespace tokensyncd
