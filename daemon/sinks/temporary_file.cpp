#include "daemon/sinks/temporary_file.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "daemon/sinks/file_failure.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr mode_t private_mode = 0600;
constexpr uid_t leave_owner = static_cast<uid_t>(-1);
constexpr gid_t leave_group = static_cast<gid_t>(-1);

}  // namespace

temporary_file::temporary_file(system_calls& system, std::string path, int directory,
                               std::string name)
    : system_(system), path_(std::move(path)), directory_(directory), name_(std::move(name)) {}

temporary_file::~temporary_file() {
  if (file_.is_open()) system_.unlinkat(directory_, name_.c_str());
}

result<void> temporary_file::create() {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_ = descriptor{system_.openat(directory_, name_.c_str(), flags, private_mode)};
  if (!file_.is_open()) return file_failure(path_, file_step::create, errno);
  struct stat made{};
  if (system_.fstat(file_.number(), &made) != 0)
    return file_failure(path_, file_step::create, errno);
  if ((made.st_mode & 07777U & ~private_mode) != 0) return no_permissions_kept_failure(path_);
  return {};
}

result<void> temporary_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = system_.write(file_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return file_failure(path_, file_step::write, written == 0 ? ENOSPC : errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

result<void> temporary_file::set(const permissions& wanted) {
  const int file = file_.number();
  if (wanted.group && system_.fchown(file, leave_owner, *wanted.group) != 0)
    return file_failure(path_, file_step::set_owner, errno);
  if (system_.fchmod(file, wanted.mode) != 0)
    return file_failure(path_, file_step::set_mode, errno);
  if (wanted.owner && system_.fchown(file, *wanted.owner, leave_group) != 0)
    return file_failure(path_, file_step::set_owner, errno);
  struct stat made{};
  if (system_.fstat(file, &made) != 0) return file_failure(path_, file_step::set_mode, errno);
  if ((made.st_mode & 07777U) != wanted.mode) return no_permissions_kept_failure(path_);
  return {};
}

void temporary_file::start_writing_back() {
  // A hint: where it fails, fsync does the same work.
  system_.start_writing_back(file_.number());
}

result<void> temporary_file::sync() {
  if (system_.fsync(file_.number()) != 0) return file_failure(path_, file_step::sync, errno);
  return {};
}

result<struct stat> temporary_file::put_in_place(const std::string& name) {
  if (system_.renameat(directory_, name_.c_str(), name.c_str()) != 0)
    return file_failure(path_, file_step::rename, errno);
  const descriptor renamed = std::move(file_);
  // Now, as a rename changes the ctime.
  struct stat placed{};
  if (system_.fstat(renamed.number(), &placed) != 0)
    return file_failure(path_, file_step::look, errno);
  return placed;
}

}  // namespace tokensyncd::sinks
