#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sync {

/// A rotation that wasn't seen yet.
enum class pending_rotation : std::uint8_t {
  none,
  announced,  ///< by an event, and no check has shown it
  ordered,    ///< by us, and what came of it isn't known
};

/// A token that a workspace had, and has no more.
struct former_token {
  fingerprint token{};
  wall_time replaced_at{};
  friend bool operator==(const former_token&, const former_token&) = default;
};

/// What is remembered of a workspace.
struct stored_workspace {
  std::string id;
  revision wanted;
  std::optional<fingerprint> previous{};    ///< of the token before
  wall_time known_since{};                  ///< when this revision was first seen
  std::optional<wall_time> last_attempt{};  ///< as of the last clean stop
  std::optional<wall_time> last_success{};
  std::optional<wall_time> retired_at{};  ///< when it left the configuration; none: it is in it
  pending_rotation pending =
      pending_rotation::none;  ///< where it isn't none, the next start asks at once
  /// Tokens from before, the newest first; none: what is stored of them stays.
  std::optional<std::vector<former_token>> formers{};
};

/// What is remembered of one place. Generation 0: no delivery has succeeded, but one that failed
/// may have been done, and left what has this etag.
struct stored_presence {
  std::string destination;  ///< sink::destination()
  std::string workspace;
  std::uint32_t generation = 0;
  fingerprint token{};
  etag tag{};
  wall_time last_success{};
  std::uint32_t hook_seen = 0;  ///< the generation of it that a hook has seen; 0: none
  std::string sink{};           ///< that has it, by name; empty: not known
  config::on_remove removal = config::on_remove::keep;  ///< of that sink
};

/// What becomes of a remembered place when its workspace leaves it was said anew.
struct owned_presence {
  std::string destination;
  std::string sink;
  config::on_remove removal = config::on_remove::keep;
};

/// A hook has seen what a remembered place holds.
struct seen_presence {
  std::string destination;
  std::uint32_t generation = 0;
};

/// A place that no longer holds anything of ours.
struct forgotten_presence {
  std::string destination;
};

/// A token of this length, in bytes, has been seen. It is never forgotten: a program may print an
/// old token.
struct seen_length {
  std::uint16_t bytes = 0;
};

using change = std::variant<stored_workspace, stored_presence, seen_presence, owned_presence,
                            forgotten_presence, seen_length>;

/// What outlives the process. Holds no token. Nothing has a default, because a store that wraps
/// another one must pass everything on.
class store {
 public:
  virtual ~store() = default;

  /// Hands over everything that is remembered, once, before the loop runs; workspaces retired more
  /// than 30 days before `now` are dropped. Blocks. Failures: io_error, damaged.
  virtual result<void> load(wall_time now,
                            const std::function<void(const stored_workspace&)>& on_workspace,
                            const std::function<void(const stored_presence&)>& on_presence) = 0;

  /// The lengths that seen_length remembered. Once, before the loop runs. Blocks. Failures:
  /// io_error, damaged.
  virtual result<std::vector<std::uint16_t>> token_lengths() = 0;

  /// Saves all of `changes` or none, in order; returns when they survive kill -9. Calls made while
  /// another is under way share one commit. Failures: no_space, io_error, damaged.
  virtual task<result<void>> save(std::vector<change> changes) = 0;

  /// What a store says of itself: a sentence, and whether it lost all that was saved and began
  /// anew, so that everything has to be saved again.
  using notice = std::function<void(bool is_lost, const std::string& sentence)>;

  /// Has `told` called on the loop's thread from now on.
  virtual void on_notice(notice told) = 0;

  /// Looks whether what was saved is still there, and puts right what can be. Failures: as of
  /// save().
  virtual task<result<void>> look() = 0;

  /// Finishes what is being saved and lets go of the store: the last call. A disk that hangs makes
  /// this hang.
  virtual task<> close() = 0;
};

}  // namespace tokensyncd::sync
