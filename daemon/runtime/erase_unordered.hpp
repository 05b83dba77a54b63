#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace tokensyncd {

/// Takes `what`, which is there once at most, out of a vector whose order means nothing: the last
/// one gets its place.
template <class T>
void erase_unordered(std::vector<T>& from, const T& what) {
  const auto found = std::ranges::find(from, what);
  if (found == from.end()) return;
  *found = std::move(from.back());
  from.pop_back();
}

}  // namespace tokensyncd
