#include "daemon/sinks/file/commit/rename_rules.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/runtime/fs/access.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

struct statx attributes_of(int directory, const char* name, int flags) {
  struct statx found{};
  if (::statx(directory, name, flags, STATX_TYPE | STATX_MODE | STATX_UID, &found) != 0) found = {};
  return found;
}

bool has(const struct statx& found, std::uint64_t attribute) {
  return (found.stx_attributes & attribute) != 0;
}

}  // namespace

std::optional<failure> rename_refusal(const std::string& path, int directory,
                                      const permissions& wanted,
                                      const std::optional<struct stat>& present) {
  const struct statx parent = attributes_of(directory, "", AT_EMPTY_PATH);
  const std::string name = directory_of(path);
  if (has(parent, STATX_ATTR_APPEND)) return attribute_failure(name, "append-only", "a");
  if (has(parent, STATX_ATTR_IMMUTABLE)) return attribute_failure(name, "immutable", "i");
  if (present) {
    const struct statx file =
        attributes_of(directory, path.substr(path.rfind('/') + 1).c_str(), AT_SYMLINK_NOFOLLOW);
    if (has(file, STATX_ATTR_APPEND)) return attribute_failure(path, "append-only", "a");
    if (has(file, STATX_ATTR_IMMUTABLE)) return attribute_failure(path, "immutable", "i");
  }
  const uid_t self = ::geteuid();
  const bool is_sticky = (parent.stx_mode & S_ISVTX) != 0 && parent.stx_uid != self;
  if (!is_sticky || has_capability(CAP_FOWNER)) return std::nullopt;
  const bool gives_away = wanted.owner && *wanted.owner != self;
  if (gives_away || (present && present->st_uid != self)) return sticky_failure(path);
  return std::nullopt;
}

}  // namespace tokensyncd::sinks
