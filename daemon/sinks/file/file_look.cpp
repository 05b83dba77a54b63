#include "daemon/sinks/file/file_look.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/xattr.h>

#include "daemon/model/secret.hpp"
#include "daemon/sinks/file/file_failure.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr const char* access_acl = "system.posix_acl_access";
constexpr const char* default_acl = "system.posix_acl_default";

bool read_equals(system_calls& system, int file, std::string_view bytes) {
  std::array<char, 4096> piece;
  bool equal = true;
  while (equal) {
    const ssize_t got = system.read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      equal = got == 0 && bytes.empty();
      break;
    }
    const std::string_view found{piece.data(), static_cast<std::size_t>(got)};
    equal = bytes.starts_with(found);
    if (equal) bytes.remove_prefix(found.size());
  }
  wipe(piece.data(), piece.size());
  return equal;
}

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(0, slash == 0 ? 1 : slash);
}

result<std::optional<struct stat>> look_at(system_calls& system, int directory,
                                           const std::string& name, const std::string& path) {
  struct stat found{};
  if (system.lstatat(directory, name.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::optional<struct stat>{};
    return file_failure(path, file_step::look, errno);
  }
  if (S_ISLNK(found.st_mode)) return symlink_failure(path);
  if (!S_ISREG(found.st_mode)) return not_a_file_failure(path);
  return std::optional{found};
}

std::optional<struct stat> holds(system_calls& system, int directory, const std::string& name,
                                 const permissions& wanted, std::string_view bytes) {
  const descriptor file{system.openat(directory, name.c_str(), read_only_flags, 0)};
  if (!file.is_open()) return std::nullopt;
  struct stat found{};
  const bool fits = system.fstat(file.number(), &found) == 0 && S_ISREG(found.st_mode) &&
                    wanted.match(found) &&
                    ::fgetxattr(file.number(), access_acl, nullptr, 0) <= 0 &&
                    static_cast<std::size_t>(found.st_size) == bytes.size();
  if (!fits || !read_equals(system, file.number(), bytes)) return std::nullopt;
  return found;
}

bool hands_on_acl(const std::string& directory) {
  return ::getxattr(directory.c_str(), default_acl, nullptr, 0) > 0;
}

bool has_acl(const std::string& file) {
  return ::lgetxattr(file.c_str(), access_acl, nullptr, 0) > 0;
}

}  // namespace tokensyncd::sinks
