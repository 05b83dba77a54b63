#include "daemon/runtime/fs/secret_file.hpp"

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd {
namespace {

/// One byte more than is allowed, so that a file that grew while we read it is noticed.
constexpr std::size_t buffer_bytes = secret_file::max_bytes + 1;

struct wiped_buffer {
  std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  std::size_t used = 0;

  wiped_buffer() = default;
  wiped_buffer(const wiped_buffer&) = delete;
  wiped_buffer& operator=(const wiped_buffer&) = delete;
  ~wiped_buffer() { wipe(bytes.get(), used); }
};

failure refused(const std::filesystem::path& path, failure_kind kind, std::string_view why) {
  return {kind, "secret file " + path.string() + ": " + std::string(why)};
}

failure from_errno(const std::filesystem::path& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return refused(path, failure_kind::missing_place, "the file does not exist; create it");
    case EACCES:
    case EPERM:
      return refused(path, failure_kind::no_permission,
                     "permission denied; grant read permission to the daemon's user or group");
    default:
      return refused(path, failure_kind::io_error,
                     "cannot be read (" + std::system_category().message(error) + ")");
  }
}

bool same_content(const struct ::stat& a, const struct ::stat& b) {
  return a.st_size == b.st_size && a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
         a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

/// Fills `out`; 0, or errno. EAGAIN: the file changed while it was read.
int read_all(int fd, const struct ::stat& before, wiped_buffer& out) {
  while (out.used < buffer_bytes) {
    const auto got = ::read(fd, out.bytes.get() + out.used, buffer_bytes - out.used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    out.used += static_cast<std::size_t>(got);
  }
  struct ::stat after{};
  if (::fstat(fd, &after) != 0) return errno;
  return same_content(before, after) ? 0 : EAGAIN;
}

result<secret> read_once(const std::filesystem::path& path, bool& changing) {
  // O_NONBLOCK: a FIFO by that name must not stop the daemon.
  const owned_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file.is_open()) return from_errno(path, errno);
  struct ::stat before{};
  if (::fstat(file.number(), &before) != 0) return from_errno(path, errno);
  if (!S_ISREG(before.st_mode))
    return refused(path, failure_kind::invalid, "it is not a regular file");
  if ((before.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(path, failure_kind::invalid,
                   "its group or others can write it; remove that permission (chmod go-w)");
  }
  wiped_buffer content;
  if (const int error = read_all(file.number(), before, content); error != 0) {
    changing = error == EAGAIN;
    return from_errno(path, error);
  }
  if (content.used > secret_file::max_bytes)
    return refused(path, failure_kind::invalid, "it is larger than 64 KiB, too large for a secret");
  const auto text = without_newline({content.bytes.get(), content.used});
  if (text.empty()) return refused(path, failure_kind::invalid, "it is empty");
  return secret{text};
}

}  // namespace

std::string_view without_newline(std::string_view content) noexcept {
  if (content.ends_with('\n')) {
    content.remove_suffix(1);
    if (content.ends_with('\r')) content.remove_suffix(1);
  }
  return content;
}

result<secret> read_secret_file(const std::filesystem::path& path) {
  constexpr int tries = 3;
  for (int i = 1;; ++i) {
    bool changing = false;
    auto content = read_once(path, changing);
    if (!changing || i == tries) return content;
  }
}

std::optional<failure> secret_file::look(steady_time now) {
  if (!is_due(now)) return {};
  return look_now(now);
}

std::optional<failure> secret_file::look_now(steady_time now) {
  return take(now, read_secret_file(path_));
}

std::optional<failure> secret_file::take(steady_time now, result<secret> content) {
  looked_ = now;
  if (content) {
    trouble_.reset();
    if (version_ == 0 || content->reveal() != value_.reveal()) {
      value_ = std::move(*content);
      ++version_;
    }
    return {};
  }
  if (trouble_ && trouble_->sentence == content.error().sentence) return {};
  trouble_ = content.error();
  if (version_ == 0) return trouble_;
  return failure{trouble_->kind, trouble_->sentence + "; its previous content stays in use"};
}

}  // namespace tokensyncd
