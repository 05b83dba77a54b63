#pragma once

#include <span>
#include <string>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/fs/owned_fd.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sinks {

/// The workspaces that changed, for a hook: a line each,
/// `{"workspace_id":"acme","generation":3}`.
struct changed_workspaces {
  /// More bytes than these go into a file: one variable of an environment holds 128 KiB (execve(2),
  /// MAX_ARG_STRLEN).
  static constexpr std::size_t longest_in_variable = std::size_t{32} * 1024;

  std::string variable;  ///< the lines; or the path of a file with them, which begins with a slash
  owned_fd file{};       ///< that file, in memory: the program must have it as descriptor 3
};

/// Failure: io_error, where a file in memory can't be made. May block for a moment.
[[nodiscard]] result<changed_workspaces> list_workspaces(
    std::span<const sync::hook_change> changes);

}  // namespace tokensyncd::sinks
