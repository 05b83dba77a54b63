#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// The tokens that workspaces had before, the newest first: by which an answer of a node that lags
/// behind, or is stuck, is known to be old. A side table, because most workspaces are rotated
/// rarely. For the loop's thread.
class formers {
 public:
  /// So many of a workspace are remembered, and beyond that all those replaced within `at_least`.
  static constexpr std::size_t most = 8;
  static constexpr std::chrono::minutes at_least{10};
  /// For so long what the API answered to our own rotation isn't replaced by a token without a
  /// newer time that comes once; and a token that was replaced so soon may have been the newer one.
  static constexpr std::chrono::minutes fresh{1};

  /// Takes over what the state remembers.
  void restore(std::uint32_t slot, std::vector<former_token> remembered);

  /// `old`, known since `known_since`, was replaced by `next`; `ordered`: that was the answer to
  /// our own rotation.
  void replaced(std::uint32_t slot, const fingerprint& old, wall_time known_since,
                const fingerprint& next, wall_time now, bool ordered);

  void forget(std::uint32_t slot) { all_.erase(slot); }

  /// The tokens of a workspace, the newest first; empty where none is remembered.
  [[nodiscard]] const std::vector<former_token>& of(std::uint32_t slot) const;

  /// Whether the current token was the answer to our own rotation, less than `fresh` ago.
  [[nodiscard]] bool was_ordered(std::uint32_t slot, wall_time now) const;

  /// Whether the current token took the place of another one less than `at_least` ago.
  [[nodiscard]] bool is_fresh(std::uint32_t slot, wall_time now) const;

  /// Whether `token` was replaced less than `fresh` ago, when it had been known for less than that:
  /// two rotations in quick succession may have been seen the wrong way round.
  [[nodiscard]] bool may_have_been_newer(std::uint32_t slot, const fingerprint& token,
                                         wall_time now) const;

  /// Adds all of them to `known`.
  void add_to(std::vector<fingerprint>& known) const;

 private:
  struct past {
    std::vector<former_token> tokens;
    wall_time ordered_at = wall_time::min();  // min: it wasn't
    wall_time newest_known_since{};           // of tokens.front()
  };
  std::unordered_map<std::uint32_t, past> all_;
};

}  // namespace tokensyncd::sync
