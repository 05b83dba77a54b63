#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// What is known of a workspace's token, as far as an answer must be compared with it.
struct known_token {
  const revision& current;            ///< generation 0: nothing was ever observed
  std::vector<fingerprint> before{};  ///< tokens that came before it, as far as remembered
  steady_time since{};                ///< when `current` became known
  bool was_ordered = false;  ///< a minute ago at most, `current` was the answer to our own rotation
  /// Ten minutes ago at most, `current` took the place of another token; or the answer's token was
  /// in doubt since it did.
  bool is_fresh = false;
};

/// An answer, reduced to what is compared.
struct observed_token {
  fingerprint token{};
  std::optional<wall_time> rotated_at{};
  steady_time asked{};
  bool answers_rotation = false;  ///< it is the answer to our own rotation
  bool time_unreadable = false;   ///< it has a rotated_at, which is no time
};

enum class change_kind : std::uint8_t {
  first,      ///< nothing was known: generation 1, and no rotation
  same,       ///< nothing new
  filled_in,  ///< the same token, whose rotated_at has become known: no new generation
  touched,    ///< the same token with a newer rotated_at: a new generation
  rotated,    ///< a new token: a new generation
  stale,      ///< not to be believed yet: an earlier token again, or an answer to an old question
  doubtful,   ///< nor is this: a token never seen, whose time doesn't show that it is the newer one
};

/// Compares an answer with what is known. `believed`: the same stale or doubtful answer has come
/// for so long that it must be true, so it counts as rotated.
[[nodiscard]] change_kind compare(const known_token& known, const observed_token& seen,
                                  bool believed);

/// The revision that holds after `how` (neither stale nor doubtful): generation raised where it is
/// a change.
[[nodiscard]] revision apply(const revision& current, const observed_token& seen, change_kind how);

}  // namespace tokensyncd::sync
