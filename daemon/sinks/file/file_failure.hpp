#pragma once

#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"

namespace tokensyncd::sinks {

/// The step at which a write ended; the same errno means different things.
enum class file_step {
  open_directory,
  look,
  create,
  drop_acl,
  write,
  set_owner,
  set_mode,
  sync,
  rename
};

/// What an errno at a step means for `path`: its kind, and a sentence with the remedy.
[[nodiscard]] failure file_failure(const std::string& path, file_step step, int error);

/// What can't be replaced by a rename, found at `path`.
[[nodiscard]] failure symlink_failure(const std::string& path);
[[nodiscard]] failure not_a_file_failure(const std::string& path);
[[nodiscard]] failure mount_point_failure(const std::string& path);
[[nodiscard]] failure no_permissions_kept_failure(const std::string& path);

/// A sticky directory of another user, in which files can be made but not replaced.
[[nodiscard]] failure sticky_failure(const std::string& path);

/// `what` (a file or directory) has an attribute of chattr(1), by its name and letter.
[[nodiscard]] failure attribute_failure(const std::string& what, std::string_view name,
                                        std::string_view letter);

/// The daemon itself uses `path`; `who` names the key.
[[nodiscard]] failure own_file_failure(const std::string& path, const std::string& who);

/// `path` leads to the file of another workspace or sink, which `whose` names.
[[nodiscard]] failure shared_destination_failure(const std::string& path, const std::string& whose);

}  // namespace tokensyncd::sinks
