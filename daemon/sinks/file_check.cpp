#include "daemon/sinks/file_check.hpp"

#include <cerrno>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/sinks/file_failure.hpp"
#include "daemon/sinks/file_look.hpp"
#include "daemon/sinks/leftovers.hpp"
#include "daemon/sinks/temporary_file.hpp"

namespace tokensyncd::sinks {
namespace {

bool is_mount_point(const std::string& path) {
  struct statx found{};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

result<void> try_directory(const std::string& directory, const std::string& path,
                           const permissions& wanted, system_calls& system,
                           const writer_identity& identity) {
  const descriptor opened = open_directory(system, directory);
  if (!opened.is_open()) return file_failure(path, file_step::open_directory, errno);
  temporary_file probe{system, path, opened.number(), identity.temporary_name()};
  auto tried = probe.create();
  if (tried) tried = probe.set(wanted);
  if (tried) tried = probe.sync();
  return tried;
}

}  // namespace

std::vector<failure> check_files(std::span<const std::string> paths, const permissions& wanted,
                                 system_calls& system, const writer_identity& identity) {
  std::vector<failure> problems;
  std::set<std::string> tried;
  std::set<std::string> unusable;
  for (const std::string& path : paths) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = path.substr(0, slash == 0 ? 1 : slash);
    if (tried.insert(directory).second) {
      if (auto usable = try_directory(directory, path, wanted, system, identity); !usable) {
        problems.push_back(usable.error());
        unusable.insert(directory);
      }
    }
    if (unusable.contains(directory)) continue;
    if (auto found = look_at(system, AT_FDCWD, path, path); !found) {
      problems.push_back(found.error());
    } else if (is_mount_point(path)) {
      problems.push_back(mount_point_failure(path));
    }
  }
  return problems;
}

}  // namespace tokensyncd::sinks
