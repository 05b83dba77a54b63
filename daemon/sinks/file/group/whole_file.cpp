#include "daemon/sinks/file/group/whole_file.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>

#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"
#include "daemon/sinks/file/group/group_failure.hpp"
#include "daemon/sinks/secret_text.hpp"

namespace tokensyncd::sinks {
namespace {

/// The bytes of an open file; errno of what failed.
int read_all(system_calls& system, int file, secret_text& to) {
  std::array<char, 16384> piece;
  ssize_t got = 1;
  while (got != 0 && to.reveal().size() <= largest_group_file) {
    got = system.read(file, piece.data(), piece.size());
    if (got > 0) to.append({piece.data(), static_cast<std::size_t>(got)});
    if (got < 0 && errno != EINTR) break;
  }
  const int error = got < 0 ? errno : 0;
  wipe(piece.data(), piece.size());
  return error;
}

}  // namespace

result<std::optional<whole_file>> read_whole(system_calls& system, const std::string& path) {
  const auto looked = look_at(system, AT_FDCWD, path, path);
  if (!looked) return looked.error();
  if (!*looked) return std::optional<whole_file>{};
  const descriptor file{system.openat(AT_FDCWD, path.c_str(), read_only_flags, 0)};
  if (!file.is_open() && errno == ENOENT) return std::optional<whole_file>{};
  whole_file read;
  if (!file.is_open() || system.fstat(file.number(), &read.found) != 0)
    return file_failure(path, file_step::look, errno);
  if (!S_ISREG(read.found.st_mode)) return not_a_file_failure(path);
  secret_text text;
  if (const int error = read_all(system, file.number(), text); error != 0)
    return file_failure(path, file_step::look, error);
  if (text.reveal().size() > largest_group_file) return too_large_failure(path);
  read.text = text.take();
  return std::optional<whole_file>{std::move(read)};
}

}  // namespace tokensyncd::sinks
