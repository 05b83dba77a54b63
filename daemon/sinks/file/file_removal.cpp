#include "daemon/sinks/file/file_removal.hpp"

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "daemon/sinks/file/commit/stale_temp_files.hpp"
#include "daemon/sinks/file/file_etag.hpp"
#include "daemon/sinks/file/file_failure.hpp"
#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

/// Whether a directory is in memory and younger than a file: what was in its place before can't
/// come back, as after a reboot. (tmpfs keeps the time of birth since Linux 5.18; statx(2).)
bool is_made_anew(int directory, const sync::etag& tag) {
  struct statfs system{};
  if (::fstatfs(directory, &system) != 0) return false;
  if (system.f_type != TMPFS_MAGIC && system.f_type != RAMFS_MAGIC) return false;
  struct statx found{};
  if (::statx(directory, "", AT_EMPTY_PATH, STATX_BTIME, &found) != 0) return false;
  if ((found.stx_mask & STATX_BTIME) == 0) return false;
  constexpr std::uint64_t second = 1'000'000'000;
  const auto born =
      static_cast<std::uint64_t>(found.stx_btime.tv_sec) * second + found.stx_btime.tv_nsec;
  return born > tag.words[2];
}

failure away(const std::string& file, const std::string& why, const std::string& what_to_do) {
  return {failure_kind::missing_place,
          file + " is no longer needed but cannot be deleted, because " + why +
              ": the daemon retries until it is deleted; " + what_to_do};
}

/// There is no file: whether there will be one again.
result<void> judge_absence(system_calls& system, int directory, const std::string& file,
                           const sync::etag& tag) {
  struct stat found{};
  if (system.fstat(directory, &found) != 0) return file_failure(file, file_step::look, errno);
  const bool is_same = tag == sync::etag{} || found.st_dev == tag.words[0];
  if (is_same || is_made_anew(directory, tag)) return {};
  return away(file, directory_of(file) + " is on another file system than when it was written",
              "mount the old file system, or create any file there if it is lost");
}

}  // namespace

result<void> remove_file(system_calls& system, const std::string& file, const sync::etag& tag) {
  const std::string parent = directory_of(file);
  const descriptor opened = open_directory(system, parent);
  if (!opened.is_open()) {
    if (errno != ENOENT) return file_failure(file, file_step::open_directory, errno);
    return away(file, "the directory " + parent + " does not exist",
                "restore it, or create it if it is lost");
  }
  const std::string name = file.substr(file.rfind('/') + 1);
  const auto found = look_at(system, opened.number(), name, file);
  if (found && !*found) return judge_absence(system, opened.number(), file, tag);
  if (!found || !same_file(make_etag(**found, 0), tag)) {
    return failure{
        failure_kind::conflict,
        file +
            " is not what tokensyncd wrote, so it is kept: remove it by hand if it is not needed"};
  }
  if (system.unlinkat(opened.number(), name.c_str()) != 0 || system.fsync(opened.number()) != 0)
    return file_failure(file, file_step::write, errno);
  return {};
}

}  // namespace tokensyncd::sinks
