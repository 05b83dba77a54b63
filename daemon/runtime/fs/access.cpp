#include "daemon/runtime/fs/access.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tokensyncd {

int refusal_in_directory(const std::filesystem::path& directory) noexcept {
  struct stat found{};
  if (::stat(directory.c_str(), &found) != 0) return errno;
  if (!S_ISDIR(found.st_mode)) return ENOTDIR;
  return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

int refusal_to_write(const std::filesystem::path& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) {
    return errno == ENOENT ? refusal_in_directory(directory_of(file)) : errno;
  }
  if (S_ISDIR(found.st_mode)) return EISDIR;
  return ::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

bool has_capability(int capability) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  const auto number = static_cast<unsigned>(capability);
  return number / 32 < sets.size() && ((sets[number / 32].effective >> (number % 32)) & 1U) != 0;
}

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
}

}  // namespace tokensyncd
