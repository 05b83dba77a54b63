#include "daemon/store/sqlite/files.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/runtime/fs/access.hpp"
#include "daemon/store/sqlite/file_owner.hpp"

namespace tokensyncd::store {
namespace {

constexpr mode_t private_mode = 0600;

/// `20261123T224305Z`: fit for a file's name.
std::string stamp(wall_time now) {
  std::string text = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

failure a_directory(const std::filesystem::path& file) {
  return {failure_kind::wrong_place,
          "the state file " + file.string() + " is a directory; name a file"};
}

failure no_regular_file(const std::filesystem::path& file) {
  return {failure_kind::wrong_place,
          "the state file " + file.string() + " is not a regular file; name another one"};
}

}  // namespace

failure file_failure(const std::filesystem::path& file, std::string_view attempted, int error) {
  const std::string name = file.string();
  std::string what = "the state file " + name + " cannot " + std::string(attempted) + ": ";
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {failure_kind::missing_place, what + "there is no directory " +
                                               directory_of(file).string() +
                                               "; create it, owned by the daemon's user"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {failure_kind::no_permission,
              what + (error == EROFS
                          ? "its file system is mounted read-only"
                          : "the daemon's user may not write in " + directory_of(file).string())};
    case ENOSPC:
    case EDQUOT:
      return {failure_kind::no_space,
              what + "no space is left for it; free some in " + directory_of(file).string()};
    case EFBIG:
      return {failure_kind::no_space, what +
                                          "it would exceed the file size limit (LimitFSIZE= in "
                                          "systemd, ulimit -f); raise that limit"};
    case ELOOP:
      return {failure_kind::wrong_place, what + "it is a symbolic link; name the file itself"};
    default:
      return {failure_kind::io_error, what + std::generic_category().message(error)};
  }
}

result<void> claim_file(const std::filesystem::path& file) {
  // The mode is the file's from its first moment; an umask can only take from it.
  const int descriptor =
      ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
             private_mode);
  if (descriptor < 0) {
    if (errno == EISDIR) return a_directory(file);
    return file_failure(file, "be opened", errno);
  }
  struct stat found{};
  int error = 0;
  if (::fstat(descriptor, &found) != 0) error = errno;
  const bool regular = S_ISREG(found.st_mode);
  if (error == 0 && regular && (found.st_mode & 07777) != private_mode &&
      ::fchmod(descriptor, private_mode) != 0) {
    error = errno;
  }
  ::close(descriptor);
  if (error != 0) return file_failure(file, "be made private", error);
  if (!regular) return no_regular_file(file);
  return {};
}

result<void> look_at_file(const std::filesystem::path& file) {
  // Also for a file that is there: SQLite and the lock have theirs beside it.
  if (const int error = refusal_in_directory(directory_of(file)); error != 0)
    return file_failure(file, "be opened", error);
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return file_failure(file, "be opened", errno);
  }
  if (S_ISLNK(found.st_mode)) return file_failure(file, "be opened", ELOOP);
  if (S_ISDIR(found.st_mode)) return a_directory(file);
  if (!S_ISREG(found.st_mode)) return no_regular_file(file);
  if (const int error = refusal_to_write(file); error != 0) {
    return failure{
        failure_kind::no_permission,
        "the state file " + file.string() +
            " cannot be opened: the daemon's user may not write it; give it to that user"};
  }
  return look_whose(file);
}

result<std::filesystem::path> move_aside(const std::filesystem::path& file, std::string_view why,
                                         wall_time now) {
  const std::string base = file.string() + "." + std::string{why} + "-" + stamp(now);
  std::string aside = base;
  // No RENAME_NOREPLACE: NFS, 9p and most of FUSE refuse the flag (rename(2), EINVAL).
  for (int number = 2; facts_of(aside).is_there(); ++number) {
    aside = base + "-" + std::to_string(number);
  }
  if (::rename(file.c_str(), aside.c_str()) != 0)
    return file_failure(file, "be moved aside", errno);
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string part = file.string() + suffix;
    if (::rename(part.c_str(), (aside + suffix).c_str()) != 0 && errno != ENOENT)
      return file_failure(part, "be moved aside", errno);
  }
  return std::filesystem::path{aside};
}

file_facts facts_of(const std::filesystem::path& file) noexcept {
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, static_cast<std::uint64_t>(found.st_size)};
}

result<void> sync_directory_of(const std::filesystem::path& file) {
  const std::filesystem::path directory = directory_of(file);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return file_failure(file, "be made durable", errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0) return file_failure(file, "be made durable", error);
  return {};
}

}  // namespace tokensyncd::store
