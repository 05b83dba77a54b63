#include "daemon/sinks/file/commit/system_calls.hpp"

#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace tokensyncd::sinks {

int system_calls::openat(int directory, const char* name, int flags, mode_t mode) {
  return ::openat(directory, name, flags, mode);
}
ssize_t system_calls::read(int file, void* to, std::size_t size) {
  return ::read(file, to, size);
}
ssize_t system_calls::write(int file, const void* from, std::size_t size) {
  return ::write(file, from, size);
}
int system_calls::fchown(int file, uid_t owner, gid_t group) {
  return ::fchown(file, owner, group);
}
int system_calls::fchmod(int file, mode_t mode) {
  return ::fchmod(file, mode);
}
int system_calls::start_writing_back(int file) {
  return ::sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
}
int system_calls::fsync(int file) {
  return ::fsync(file);
}
int system_calls::empty(int file) {
  return ::ftruncate(file, 0);
}
int system_calls::remove_acl(int file) {
  return ::fremovexattr(file, "system.posix_acl_access");
}
int system_calls::fstat(int file, struct stat* out) {
  return ::fstat(file, out);
}
int system_calls::lstatat(int directory, const char* name, struct stat* out) {
  return ::fstatat(directory, name, out, AT_SYMLINK_NOFOLLOW);
}
int system_calls::renameat(int directory, const char* from, const char* to) {
  return ::renameat(directory, from, directory, to);
}
int system_calls::rename_new(int directory, const char* from, const char* to) {
  return ::renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}
int system_calls::unlinkat(int directory, const char* name) {
  return ::unlinkat(directory, name, 0);
}

descriptor::descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

descriptor::~descriptor() {
  if (number_ >= 0) ::close(number_);
}

}  // namespace tokensyncd::sinks
