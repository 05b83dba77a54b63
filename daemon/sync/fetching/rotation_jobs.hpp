#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/model/revision.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/fleet/ledger.hpp"
#include "daemon/sync/ports/rotation.hpp"

namespace tokensyncd::sync {

/// A command to rotate one workspace, from when it is given until its result is reported. For the
/// loop's thread.
struct rotation_job {
  enum class stage : std::uint8_t {
    waiting,  ///< for the workspace's turn
    asking,   ///< the call is under way
    checking  ///< the call has ended; a check of what the API has now follows
  };
  /// The call to the Partner API. Written by rotator.
  struct call_facts {
    revision before{};                                  ///< what was known when the call began
    pending_rotation doubted = pending_rotation::none;  ///< of an earlier rotation, then
    fingerprint after{};                                ///< of the token that was answered
    bool answer_lost = false;
  };
  /// The checks beside the call. Written by rotation_jobs::checked().
  struct check_results {
    bool before_call = false;  ///< a check since it was given was answered
    bool after_call = false;   ///< a check since the call was answered
    bool failed = false;       ///< or wasn't
  };
  handle who;
  std::optional<std::chrono::milliseconds> older_than{};
  bool by_policy = false;
  bool forced = false;  ///< although something is in the way
  stage at = stage::waiting;
  bool cleared = false;       ///< nothing is in the way of its destinations, or it is forced
  sleeper* waiter = nullptr;  ///< of whoever gave it; null: gone
  call_facts call{};
  check_results checks{};
  std::optional<rotation_end> end{};  ///< once nothing more is to come of the call
  std::string why{};                  ///< sentence for an end that isn't `rotated`
};

/// The rotations under way, one a workspace at most. The worker that takes a workspace with a job
/// makes that call instead of a check. For the loop's thread.
class rotation_jobs {
 public:
  /// A new job; null while there is another one for that workspace.
  std::shared_ptr<rotation_job> open(handle who, const rotation_request& how);

  /// The job of a workspace that waits for its turn; null where none does.
  [[nodiscard]] std::shared_ptr<rotation_job> waiting(handle who) const;

  /// Takes a job out that has ended, or that has not begun.
  void close(const std::shared_ptr<rotation_job>& what);

  /// A check of a workspace has ended; `answered`: by the API; `believed`: with something to
  /// believe.
  void checked(handle who, bool answered, bool believed);

  /// Wakes whoever waits for a job: something has changed that it may wait for.
  void changed();

 private:
  std::unordered_map<std::uint32_t, std::shared_ptr<rotation_job>> jobs_;  // by slot
};

}  // namespace tokensyncd::sync
