#pragma once

#include <cstddef>

#include <sys/stat.h>
#include <sys/types.h>

namespace tokensyncd::sinks {

/// What the file sink asks of the kernel, so that a test can make each step fail or be the last.
/// Every method is the call of its name: -1 and errno on failure. From any thread.
class system_calls {
 public:
  virtual ~system_calls() = default;

  virtual int openat(int directory, const char* name, int flags, mode_t mode);
  virtual ssize_t read(int file, void* to, std::size_t size);
  virtual ssize_t write(int file, const void* from, std::size_t size);
  virtual int fchown(int file, uid_t owner, gid_t group);
  virtual int fchmod(int file, mode_t mode);
  /// sync_file_range(2): starts writing back without waiting.
  virtual int start_writing_back(int file);
  virtual int fsync(int file);
  /// ftruncate(2) to nothing.
  virtual int empty(int file);
  /// fremovexattr(2) of the access ACL (acl(5)): ENODATA where it has none.
  virtual int remove_acl(int file);
  virtual int fstat(int file, struct stat* out);
  /// fstatat(2) that doesn't follow a symbolic link.
  virtual int lstatat(int directory, const char* name, struct stat* out);
  virtual int renameat(int directory, const char* from, const char* to);
  /// renameat2(2) with RENAME_NOREPLACE: EEXIST where `to` is there. EINVAL where the file system
  /// can't.
  virtual int rename_new(int directory, const char* from, const char* to);
  virtual int unlinkat(int directory, const char* name);
};

/// A descriptor that is closed at the end. One thread at a time.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor();

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

}  // namespace tokensyncd::sinks
