#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/sync/fleet/formers.hpp"
#include "daemon/sync/fleet/rotation_history.hpp"

namespace tokensyncd::sync {

/// How long tokens are that were ever seen, in bytes, ascending.
class known_lengths {
 public:
  /// Whether it wasn't known.
  bool add(std::size_t bytes);
  [[nodiscard]] const std::vector<std::uint16_t>& all() const noexcept { return all_; }

 private:
  std::vector<std::uint16_t> all_;
};

/// The last few tokens that became known, for whoever keeps a list of all: it lacks no more than
/// these until changes() has grown by more than their number.
class recent_tokens {
 public:
  static constexpr std::size_t most = 64;

  void add(const fingerprint& token) { last_[changes_++ % most] = token; }
  /// Workspaces came or left: every list is old.
  void everything_changed() { changes_ += most + 1; }

  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }
  /// Whether `token` is among those since changes() was `since`, `most` at most.
  [[nodiscard]] bool holds(const fingerprint& token, std::uint64_t since) const;

 private:
  std::array<fingerprint, most> last_{};
  std::uint64_t changes_ = 0;
};

/// What is remembered of tokens and rotations beside each workspace's current token. For the loop's
/// thread.
struct token_history {
  formers past;
  /// Rotations since the start, by slot and trigger.
  std::unordered_map<std::uint32_t, std::array<std::uint32_t, trigger_count>> rotations;
  rotation_history latest;
  std::optional<wall_time> last_rotation;  ///< when the newest one was seen, before this start too
  known_lengths token_lengths;
  recent_tokens newest;

  /// A rotation was seen at `when`.
  void seen_rotation(wall_time when);

  /// The workspace left: nothing of it is remembered any more, but the length of its token.
  void forget(std::uint32_t slot);
};

}  // namespace tokensyncd::sync
