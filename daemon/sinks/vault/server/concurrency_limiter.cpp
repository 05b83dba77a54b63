#include "daemon/sinks/vault/server/concurrency_limiter.hpp"

#include <algorithm>

namespace tokensyncd::sinks::vault {

void concurrency_limiter::succeeded() noexcept {
  if (++in_a_row_ < width_ || width_ == widest) return;
  ++width_;
  in_a_row_ = 0;
}

void concurrency_limiter::failed() noexcept {
  in_a_row_ = 0;
  width_ = std::max(1U, width_ / 2);
}

}  // namespace tokensyncd::sinks::vault
