#include "daemon/sinks/file/file_failure.hpp"

#include <cerrno>
#include <string_view>
#include <system_error>

#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

failure refused(const std::string& path, file_step step) {
  switch (step) {
    case file_step::set_owner:
      return {failure_kind::no_permission,
              "the daemon may not give " + path +
                  " to the configured owner or group: make its user a member of the group, or "
                  "(for an owner) give it CAP_CHOWN"};
    case file_step::rename:
      return {failure_kind::no_permission,
              "files can be made in " + directory_of(path) + ", but not renamed or removed, so " +
                  path +
                  " cannot be replaced in one step (an append-only or sticky directory, or a file "
                  "system that forbids it): use a directory that belongs to the daemon's user"};
    case file_step::open_directory:
    case file_step::look:
      return {failure_kind::no_permission, "the daemon's user may not look into " +
                                               directory_of(path) +
                                               ": grant read, write and execute permission there"};
    default:
      return {failure_kind::no_permission, "the daemon's user may not write in " +
                                               directory_of(path) +
                                               ": grant write permission there"};
  }
}

}  // namespace

failure file_failure(const std::string& path, file_step step, int error) {
  switch (error) {
    case ENOTDIR:
      return {failure_kind::missing_place, directory_of(path) +
                                               " is not a directory: replace it with one, writable "
                                               "by the daemon's user, or correct the sink's path"};
    case ENOENT:
      return {failure_kind::missing_place,
              "the directory " + directory_of(path) +
                  " does not exist: create it, writable by the daemon's user (the daemon never "
                  "creates directories for tokens)"};
    case EACCES:
    case EPERM:
      return refused(path, step);
    case EROFS:
      return {failure_kind::no_permission,
              path +
                  " cannot be written: its file system is mounted read-only (under systemd: "
                  "ReadWritePaths= in a drop-in lets the service write there)"};
    case ENOSPC:
    case EDQUOT:
      return {failure_kind::no_space,
              path +
                  " cannot be written: no space is left on its disk; free some (the previous "
                  "content stays, and tokensyncd retries)"};
    case EFBIG:
      return {failure_kind::no_space,
              path +
                  " cannot be written: it would exceed the file size limit (LimitFSIZE= in "
                  "systemd, ulimit -f); the previous content stays"};
    case ELOOP:
      return symlink_failure(path);
    case EISDIR:
      return not_a_file_failure(path);
    case EBUSY:
      if (step == file_step::rename) return mount_point_failure(path);
      break;
    case EXDEV:
      return {failure_kind::wrong_place,
              path +
                  " lies on another file system than its directory, so it cannot be replaced in "
                  "one step: mount the directory, not the file"};
    case EINVAL:
    case EOPNOTSUPP:
      if (step == file_step::set_owner || step == file_step::set_mode ||
          step == file_step::drop_acl)
        return no_permissions_kept_failure(path);
      break;
    case ENAMETOOLONG:
      return {failure_kind::invalid, path + " is too long a name for its file system"};
    default:
      break;
  }
  return {failure_kind::io_error,
          path + " cannot be written: " + std::generic_category().message(error)};
}

failure symlink_failure(const std::string& path) {
  return {failure_kind::wrong_place,
          path +
              " is a symbolic link, and a delivery would replace the link: set the sink's path to "
              "the file that it points to, or remove the link"};
}

failure not_a_file_failure(const std::string& path) {
  return {failure_kind::wrong_place,
          path + " is not a regular file: remove it, or correct the sink's path"};
}

failure mount_point_failure(const std::string& path) {
  return {failure_kind::wrong_place,
          path +
              " is a mount point (a bind-mounted file, or a subPath in Kubernetes), which cannot "
              "be replaced in one step: mount its directory instead"};
}

failure no_permissions_kept_failure(const std::string& path) {
  return {failure_kind::wrong_place, "the file system of " + path +
                                         " does not keep owners and modes, so a token there would "
                                         "be readable by others: use another directory"};
}

failure sticky_failure(const std::string& path) {
  return {
      failure_kind::no_permission,
      directory_of(path) +
          " is sticky (mode 1777) and belongs to another user, so a file with another owner cannot "
          "be replaced there: use a directory that belongs to the daemon's user, or remove " +
          path + " and the sink's owner"};
}

failure attribute_failure(const std::string& what, std::string_view name, std::string_view letter) {
  return {failure_kind::no_permission,
          what + " is " + std::string{name} +
              ", so no file can be replaced: remove the attribute (chattr -" + std::string{letter} +
              "), or correct the sink's path"};
}

failure own_file_failure(const std::string& path, const std::string& who) {
  return {failure_kind::wrong_place,
          path + " leads to a file of the daemon's own (" + who +
              "), which a token would overwrite: correct the sink's path"};
}

failure shared_destination_failure(const std::string& path, const std::string& whose) {
  return {failure_kind::conflict,
          path + " leads to the file of " + whose +
              " (through a link, a mount, or names that this file system treats as equal), so it "
              "is not overwritten: give each a different file"};
}

}  // namespace tokensyncd::sinks
