#include "daemon/sinks/file/commit/temporary_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

constexpr mode_t private_mode = 0600;
constexpr uid_t leave_owner = static_cast<uid_t>(-1);
constexpr gid_t leave_group = static_cast<gid_t>(-1);

}  // namespace

temporary_file::temporary_file(const workshop& with, std::string path, int directory)
    : with_(with),
      path_(std::move(path)),
      directory_(directory),
      name_(with.identity.temporary_name()) {}

temporary_file::~temporary_file() {
  if (!file_.is_open()) return;
  if (with_.system.unlinkat(directory_, name_.c_str()) == 0 || errno == ENOENT) return;
  // What can't be emptied either was written by nobody yet, or the file system is broken.
  static_cast<void>(with_.system.empty(file_.number()));
  with_.sweeper.remember(directory_of(path_), name_);
}

result<void> temporary_file::create() {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  system_calls& system = with_.system;
  file_ = descriptor{system.openat(directory_, name_.c_str(), flags, private_mode)};
  if (!file_.is_open()) return file_failure(path_, file_step::create, errno);
  // An inherited list would give others access that the mode doesn't show.
  const bool none = system.remove_acl(file_.number()) == 0 || errno == ENODATA || errno == ENOTSUP;
  if (!none) return file_failure(path_, file_step::drop_acl, errno);
  if (auto looked = look(file_step::create); !looked) return looked;
  if ((made_.st_mode & 07777U & ~private_mode) != 0) return no_permissions_kept_failure(path_);
  return {};
}

result<void> temporary_file::set(const permissions& wanted) {
  const int file = file_.number();
  system_calls& system = with_.system;
  if (wanted.group && system.fchown(file, leave_owner, *wanted.group) != 0)
    return file_failure(path_, file_step::set_owner, errno);
  if (system.fchmod(file, wanted.mode) != 0) return file_failure(path_, file_step::set_mode, errno);
  if (wanted.owner && system.fchown(file, *wanted.owner, leave_group) != 0)
    return file_failure(path_, file_step::set_owner, errno);
  if (auto looked = look(file_step::set_mode); !looked) return looked;
  if ((made_.st_mode & 07777U) != wanted.mode) return no_permissions_kept_failure(path_);
  return {};
}

result<void> temporary_file::try_rename() {
  std::string next = with_.identity.temporary_name();
  if (with_.system.renameat(directory_, name_.c_str(), next.c_str()) != 0)
    return file_failure(path_, file_step::rename, errno);
  name_ = std::move(next);
  return {};
}

result<void> temporary_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = with_.system.write(file_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return file_failure(path_, file_step::write, written == 0 ? ENOSPC : errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void temporary_file::start_writing_back() {
  // A hint: where it fails, fsync does the same work.
  with_.system.start_writing_back(file_.number());
}

result<void> temporary_file::sync() {
  if (with_.system.fsync(file_.number()) != 0) return file_failure(path_, file_step::sync, errno);
  return {};
}

result<std::optional<struct stat>> temporary_file::put_in_place(const std::string& name,
                                                                bool replace) {
  system_calls& system = with_.system;
  int renamed = replace ? system.renameat(directory_, name_.c_str(), name.c_str())
                        : system.rename_new(directory_, name_.c_str(), name.c_str());
  if (renamed != 0 && !replace && errno == EINVAL) {
    // This file system can't do both in one step.
    struct stat there{};
    const bool is_there = system.lstatat(directory_, name.c_str(), &there) == 0;
    errno = EEXIST;
    if (!is_there) renamed = system.renameat(directory_, name_.c_str(), name.c_str());
  }
  if (renamed != 0 && errno == EEXIST && !replace) return std::optional<struct stat>{};
  if (renamed != 0) return file_failure(path_, file_step::rename, errno);
  const descriptor placed = std::move(file_);
  // Now, as a rename changes the ctime.
  if (system.fstat(placed.number(), &made_) != 0)
    return file_failure(path_, file_step::look, errno);
  return std::optional{made_};
}

bool temporary_file::ignores_case() {
  std::string upper = name_;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  struct stat found{};
  return with_.system.lstatat(directory_, upper.c_str(), &found) == 0 &&
         found.st_ino == made_.st_ino;
}

result<void> temporary_file::look(file_step step) {
  if (with_.system.fstat(file_.number(), &made_) != 0) return file_failure(path_, step, errno);
  return {};
}

}  // namespace tokensyncd::sinks
