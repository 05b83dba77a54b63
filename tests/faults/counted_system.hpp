#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>

#include "daemon/sinks/file/commit/system_calls.hpp"

namespace tokensyncd::tests {

/// The kernel, with a word asked for before each step: `before` gets the step's name and number
/// (from 1) and returns an errno to fail with, or 0. For one thread at a time.
class counted_system final : public sinks::system_calls {
 public:
  std::function<int(std::string_view step, int number)> before = [](std::string_view, int) {
    return 0;
  };
  std::vector<std::string> steps;  ///< names, in their order

  int openat(int directory, const char* name, int flags, mode_t mode) override {
    const char* step = (flags & O_DIRECTORY) != 0 ? "open_directory"
                       : (flags & O_CREAT) != 0   ? "create"
                                                  : "open";
    return refused(step) ? -1 : system_calls::openat(directory, name, flags, mode);
  }
  ssize_t read(int file, void* to, std::size_t size) override {
    return refused("read") ? -1 : system_calls::read(file, to, size);
  }
  ssize_t write(int file, const void* from, std::size_t size) override {
    if (refused("write")) return -1;
    return system_calls::write(file, from, most_written != 0 ? std::min(size, most_written) : size);
  }
  int fchown(int file, uid_t owner, gid_t group) override {
    return refused("fchown") ? -1 : system_calls::fchown(file, owner, group);
  }
  int fchmod(int file, mode_t mode) override {
    return refused("fchmod") ? -1 : system_calls::fchmod(file, mode);
  }
  int start_writing_back(int file) override {
    return refused("start_writing_back") ? -1 : system_calls::start_writing_back(file);
  }
  int fsync(int file) override {
    struct stat what{};
    system_calls::fstat(file, &what);
    return refused(S_ISDIR(what.st_mode) ? "fsync_directory" : "fsync") ? -1
                                                                        : system_calls::fsync(file);
  }
  int fstat(int file, struct stat* out) override {
    if (refused("fstat")) return -1;
    const int code = system_calls::fstat(file, out);
    out->st_mode |= wider_mode;
    return code;
  }
  int lstatat(int directory, const char* name, struct stat* out) override {
    return refused("lstat") ? -1 : system_calls::lstatat(directory, name, out);
  }
  int renameat(int directory, const char* from, const char* to) override {
    return refused("rename") ? -1 : system_calls::renameat(directory, from, to);
  }
  int rename_new(int directory, const char* from, const char* to) override {
    return refused("rename") ? -1 : system_calls::rename_new(directory, from, to);
  }
  int empty(int file) override { return refused("empty") ? -1 : system_calls::empty(file); }
  int remove_acl(int file) override {
    return refused("remove_acl") ? -1 : system_calls::remove_acl(file);
  }
  int unlinkat(int directory, const char* name) override {
    return refused("unlink") ? -1 : system_calls::unlinkat(directory, name);
  }

  std::size_t most_written = 0;  ///< bytes that one write takes at most; 0: all
  mode_t wider_mode = 0;         ///< bits that a file system adds by itself

 private:
  bool refused(const char* step) {
    steps.emplace_back(step);
    const int error = before(step, static_cast<int>(steps.size()));
    errno = error;
    return error != 0;
  }
};

}  // namespace tokensyncd::tests
