#pragma once

#include <cstdint>
#include <optional>

#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// What is known of a workspace's token, as far as an answer must be compared with it.
struct knowledge {
  const revision& current;                ///< generation 0: nothing was ever observed
  std::optional<fingerprint> previous{};  ///< of the token before
  steady_time since{};                    ///< when `current` became known
};

/// An answer, reduced to what is compared.
struct sighting {
  fingerprint token{};
  std::optional<wall_time> rotated_at{};
  steady_time asked{};
};

enum class verdict : std::uint8_t {
  first,      ///< nothing was known: generation 1, and no rotation
  same,       ///< nothing new
  filled_in,  ///< the same token, whose rotated_at has become known: no new generation
  touched,    ///< the same token with a newer rotated_at: a new generation
  rotated,    ///< a new token: a new generation
  stale,      ///< not to be believed yet: the previous token again, or an answer to an old question
};

/// Compares an answer with what is known. `believed`: the same stale answer has come for so long
/// that it must be true, so a stale token counts as rotated.
[[nodiscard]] verdict compare(const knowledge& known, const sighting& seen, bool believed);

/// The revision that holds after `how` (not stale): generation raised where it is a change.
[[nodiscard]] revision apply(const revision& current, const sighting& seen, verdict how);

}  // namespace tokensyncd::sync
