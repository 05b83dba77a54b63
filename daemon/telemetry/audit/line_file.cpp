#include "daemon/telemetry/audit/line_file.hpp"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "daemon/telemetry/audit/standard_stream.hpp"

namespace tokensyncd::telemetry {

namespace {

constexpr mode_t mode_of_new = 0640;

/// A descriptor, or -1 and errno.
int open_for_appending(const std::filesystem::path& path) {
  // O_NONBLOCK, not to wait for the reader of a pipe that somebody has put there.
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const int made = ::open(path.c_str(), flags | O_EXCL, mode_of_new);
  if (made < 0) return errno == EEXIST ? ::open(path.c_str(), flags, mode_of_new) : made;
  ::fchmod(made, mode_of_new);  // whatever the umask: its group may read it
  return made;
}

}  // namespace

std::optional<line_file_error> line_file::open() {
  const auto stream = standard_stream(path_);
  is_stream_ = stream.has_value();
  descriptor_ = is_stream_ ? ::fcntl(*stream, F_DUPFD_CLOEXEC, 0) : open_for_appending(path_);
  if (descriptor_ < 0) return line_file_error{"opened", errno};
  return std::nullopt;
}

/// A standard stream is others' too, so it isn't made O_NONBLOCK.
bool line_file::is_writable() const {
  pollfd room{descriptor_, POLLOUT, 0};
  constexpr int patience_ms = 1000;
  return !is_stream_ || ::poll(&room, 1, patience_ms) != 0;
}

bool line_file::is_moved_away() const {
  struct stat open{};
  struct stat there{};
  if (is_stream_ || ::fstat(descriptor_, &open) != 0) return false;
  if (::stat(path_.c_str(), &there) != 0) return errno == ENOENT;
  return there.st_dev != open.st_dev || there.st_ino != open.st_ino;
}

std::optional<line_file_error> line_file::write(const std::string& line) {
  if (written_ == 0) begun_at_ = size();
  while (written_ < line.size()) {
    const std::string_view rest = std::string_view(line).substr(written_);
    if (!is_writable()) return line_file_error{"written", EAGAIN};
    const ssize_t count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const line_file_error error{"written", errno};
      take_back();
      return error;
    }
    written_ += static_cast<std::size_t>(count);
  }
  written_ = 0;
  return std::nullopt;
}

off_t line_file::size() const noexcept {
  struct stat open{};
  return !is_stream_ && ::fstat(descriptor_, &open) == 0 ? open.st_size : -1;
}

/// Half a line would stay there for good if the file were closed before it is continued. Where it
/// can't be taken back (chattr +a), or others write there too, it is continued.
void line_file::take_back() noexcept {
  if (written_ == 0 || begun_at_ < 0) return;
  const bool is_last = size() == begun_at_ + static_cast<off_t>(written_);
  if (is_last && ::ftruncate(descriptor_, begun_at_) == 0) written_ = 0;
}

void line_file::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  written_ = 0;  // another file: a line begun in the old one is written whole
}

}  // namespace tokensyncd::telemetry
