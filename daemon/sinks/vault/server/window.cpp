#include "daemon/sinks/vault/server/window.hpp"

#include <algorithm>

namespace tokensyncd::sinks::vault {

void window::succeeded() noexcept {
  if (++in_a_row_ < width_ || width_ == widest) return;
  ++width_;
  in_a_row_ = 0;
}

void window::failed() noexcept {
  in_a_row_ = 0;
  width_ = std::max(1U, width_ / 2);
}

}  // namespace tokensyncd::sinks::vault
