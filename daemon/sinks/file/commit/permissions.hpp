#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"

namespace tokensyncd::sinks {

/// Who may do what with a file, in the kernel's numbers.
struct permissions {
  mode_t mode = 0600;
  std::optional<uid_t> owner{};  ///< none: the daemon's user
  std::optional<gid_t> group{};  ///< none: whatever the directory makes it

  /// Whether a file has exactly these.
  [[nodiscard]] bool match(const struct stat& file) const noexcept;

  /// Whether the kernel lets this process give a new file of its own to `owner`; and to `group`,
  /// where it is made in `directory` (one that is setgid hands its group on).
  [[nodiscard]] bool owner_can_be_set() const noexcept;
  [[nodiscard]] bool group_can_be_set(const struct stat& directory) const;

  /// A hash of them, from `hash` on.
  [[nodiscard]] std::uint64_t shape(std::uint64_t hash) const noexcept;
};

/// Looks the names up, each time anew, so that a group made or renumbered later is noticed. Blocks.
/// Failure: no_permission, for a name that the system doesn't know, or an id that this process's
/// user namespace doesn't (chown(2) would say EINVAL).
[[nodiscard]] result<permissions> resolve(const config::file_sink_settings& settings);

/// Ids that a user namespace knows, from `first` on (user_namespaces(7)).
struct id_range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
using id_map = std::vector<id_range>;

/// Reads the format of /proc/PID/uid_map.
[[nodiscard]] id_map parse_id_map(std::istream& from);

/// Whether `in` has an id; an empty map has none.
[[nodiscard]] bool is_mapped(const id_map& in, std::uint32_t id) noexcept;

}  // namespace tokensyncd::sinks
