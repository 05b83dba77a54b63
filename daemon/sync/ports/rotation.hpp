#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/revision.hpp"

namespace tokensyncd::sync {

/// How a workspace is to be rotated.
struct rotation_request {
  /// Only a token that is older; by its rotated_at, else by when it was first seen.
  std::optional<std::chrono::milliseconds> older_than{};
  /// For how long to wait: before it, while the API may not be asked; after it, for the sinks.
  std::chrono::milliseconds timeout{60'000};
  /// Although a destination has an obstacle, or the state can't be written.
  bool force = false;
  /// For how long to wait before the call, where that isn't as long as `timeout`.
  std::optional<std::chrono::milliseconds> wait_before{};
  /// For the age of its token, and not because somebody asked.
  bool by_policy = false;
};

/// A destination of a workspace before a rotation.
struct rotation_destination {
  std::string sink;
  std::string destination;  ///< see sink::destination()
  bool in_sync = false;
  std::string obstacle{};  ///< why it wouldn't take a new token; empty: nothing is known against it
};

/// What a rotation would meet.
struct rotation_outlook {
  std::string workspace;
  revision now{};  ///< generation 0: nothing is known
  /// Of the token, by its rotated_at, else since it was first seen; none where nothing is known.
  std::optional<std::chrono::seconds> age{};
  std::vector<rotation_destination> destinations{};
};

/// How that ended.
enum class rotation_end : std::uint8_t {
  rotated,            ///< there is a new token, and it is known
  young,              ///< left as it is: not older than asked for
  refused,            ///< the API said no, and did nothing
  unknown,            ///< the answer was lost: it may have been rotated, the next check shows it
  not_asked,          ///< it never came to asking: nothing was done
  obstructed,         ///< a destination wouldn't take the new token: nothing was done
  busy,               ///< another command is rotating it
  unknown_workspace,  ///< not in the configuration in force
};

/// One of the workspace's places afterwards.
struct rotated_destination {
  std::string sink;
  bool in_sync = false;
  std::string last_error{};  ///< empty: none since the last success; of `obstructed` the obstacle
};

/// What a command to rotate is told.
struct rotation_report {
  std::string workspace;
  rotation_end how = rotation_end::not_asked;
  bool answer_lost = false;  ///< rotated, as the check that followed showed
  bool confirmed = false;    ///< rotated, and a check since has answered with the same token
  revision now{};            ///< what is known now; generation 0: nothing
  /// A sentence unless rotated, confirmed and delivered, or young without a doubt.
  std::string why{};
  std::vector<rotated_destination> sinks{};
};

/// Whether nothing is left to be done: rotated and delivered everywhere, or young.
[[nodiscard]] bool is_done(const rotation_report& report);

}  // namespace tokensyncd::sync
