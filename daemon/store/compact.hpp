#pragma once

#include <vector>

#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::store {

/// Drops of `changes` those that later ones make needless, and keeps the order of the others: saved
/// one after the other, what is left comes to the same. At most two stay for each place and for
/// each workspace. Pure.
void compact(std::vector<sync::change>& changes);

}  // namespace tokensyncd::store
