#include "daemon/store/sqlite/state_lock.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/sqlite/files.hpp"

namespace tokensyncd::store {
namespace {

/// What the holder wrote into the file, where that is a number; else nothing.
std::string holder(int descriptor) {
  std::array<char, 16> bytes{};
  const ssize_t got = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  std::string_view text{bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  text = text.substr(0, text.find_first_not_of("0123456789"));
  return std::string{text};
}

failure refused(const std::filesystem::path& state, int descriptor) {
  const std::string pid = holder(descriptor);
  return {failure_kind::busy, "the state file " + state.string() + " is in use by " +
                                  (pid.empty() ? "another process" : "process " + pid) +
                                  "; stop that process, or use its control socket"};
}

}  // namespace

result<state_lock> state_lock::take(const std::filesystem::path& state) {
  const std::filesystem::path file = state.string() + ".lock";
  const int descriptor =
      ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
  if (descriptor < 0) return file_failure(file, "be opened", errno);
  state_lock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return refused(state, descriptor);
    return file_failure(file, "be locked", errno);
  }
  // The number only helps people; a full disk must not keep the daemon from its state.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, pid.data(), pid.size(), 0);
  }
  return lock;
}

state_lock::state_lock(state_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

state_lock& state_lock::operator=(state_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

bool state_lock::is_beside(const std::filesystem::path& state) const noexcept {
  struct stat held{};
  struct stat found{};
  return ::fstat(descriptor_, &held) == 0 &&
         ::lstat((state.string() + ".lock").c_str(), &found) == 0 && held.st_dev == found.st_dev &&
         held.st_ino == found.st_ino;
}

state_lock::~state_lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tokensyncd::store
