#include "config/rules/file_checks.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tokensyncd::config {
namespace {

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

std::string reason(int error) {
  if (error == ENOENT) {
    return "does not exist";
  }
  if (error == EACCES) {
    return "is not readable by this user";
  }
  return "cannot be read (" + std::generic_category().message(error) + ")";
}

/// Not blocking: opening a pipe that nobody writes would wait for ever.
int open_to_read(const std::filesystem::path& file) {
  return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/// What is wrong with an open file, and its status.
std::string status_of(const descriptor& open, struct stat& status) {
  if (open.number() < 0 || ::fstat(open.number(), &status) != 0) {
    return reason(errno);
  }
  return S_ISREG(status.st_mode) ? "" : "is not a regular file";
}

}  // namespace

std::string secret_file_trouble(const std::filesystem::path& file) {
  const descriptor open{open_to_read(file)};
  struct stat status{};
  if (std::string wrong = status_of(open, status); !wrong.empty()) {
    return wrong;
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "is writable by its group or by others; remove that permission (chmod go-w)";
  }
  constexpr off_t largest = off_t{64} * 1024;
  if (status.st_size > largest) {
    return "is larger than 64 KiB, too large for a secret";
  }
  // Only a single byte can be a newline and nothing else; a secret itself is never read here.
  char only = '\n';
  if (status.st_size == 1 && ::read(open.number(), &only, 1) < 0) {
    return reason(errno);
  }
  return status.st_size == 0 || (status.st_size == 1 && only == '\n') ? "is empty" : "";
}

std::string input_file_trouble(const std::filesystem::path& file) {
  const descriptor open{open_to_read(file)};
  struct stat status{};
  return status_of(open, status);
}

std::variant<std::string, read_error> read_file(const std::filesystem::path& file,
                                                std::size_t most) {
  const descriptor open{open_to_read(file)};
  struct stat status{};
  if (std::string wrong = status_of(open, status); !wrong.empty()) {
    return read_error{std::move(wrong)};
  }
  std::string bytes;
  while (bytes.size() <= most) {
    constexpr std::size_t step = std::size_t{256} * 1024;
    const std::size_t before = bytes.size();
    bytes.resize(before + step);
    const ssize_t count = ::read(open.number(), bytes.data() + before, step);
    if (count < 0 && errno != EINTR) {
      return read_error{reason(errno)};
    }
    bytes.resize(before + static_cast<std::size_t>(count < 0 ? 0 : count));
    if (count == 0) {
      return bytes;
    }
  }
  return read_error{"is larger than " + std::to_string(most / 1024 / 1024) + " MiB"};
}

}  // namespace tokensyncd::config
