// Where an audit log is written, before anything is.
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/runtime/fs/access.hpp"
#include "daemon/telemetry/audit/audit_file.hpp"
#include "daemon/telemetry/audit/standard_stream.hpp"

namespace tokensyncd::telemetry {

std::optional<int> standard_stream(const std::filesystem::path& path) {
  constexpr std::array<std::pair<std::string_view, int>, 6> names{{
      {"/dev/stdout", STDOUT_FILENO},
      {"/dev/stderr", STDERR_FILENO},
      {"/dev/fd/1", STDOUT_FILENO},
      {"/dev/fd/2", STDERR_FILENO},
      {"/proc/self/fd/1", STDOUT_FILENO},
      {"/proc/self/fd/2", STDERR_FILENO},
  }};
  for (const auto& [name, number] : names) {
    if (path == name) return number;
  }
  return std::nullopt;
}

result<void> audit_file::look(const std::filesystem::path& path) {
  const auto refused = [&path](failure_kind kind, const std::string& why) {
    return failure{kind, "the audit log " + path.string() + " cannot be opened: " + why};
  };
  if (const auto stream = standard_stream(path)) {
    if (::fcntl(*stream, F_GETFD) >= 0) return {};
    return refused(failure_kind::missing_place, "the daemon was started without it");
  }
  const std::string directory = directory_of(path).string();
  switch (const int error = refusal_to_write(path); error) {
    case 0:
      return {};
    case ENOENT:
    case ENOTDIR:
      return refused(failure_kind::missing_place, "there is no directory " + directory +
                                                      "; create it, writable by the daemon's user");
    case EISDIR:
      return refused(failure_kind::wrong_place, "it is a directory; name a file");
    case EROFS:
      return refused(failure_kind::no_permission, "its file system is mounted read-only");
    case EACCES:
      return refused(
          failure_kind::no_permission,
          "the daemon's user may not write there; grant write permission in " + directory);
    default:
      return refused(failure_kind::io_error, std::system_category().message(error));
  }
}

}  // namespace tokensyncd::telemetry
