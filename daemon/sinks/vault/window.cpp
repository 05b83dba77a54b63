#include "daemon/sinks/vault/window.hpp"

#include <algorithm>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds longest_believed = 10min;
constexpr milliseconds longest_guess = 60s;

}  // namespace

void window::succeeded() noexcept {
  quotas_in_a_row_ = 0;
  if (++in_a_row_ < width_ || width_ == widest) return;
  ++width_;
  in_a_row_ = 0;
}

void window::failed(const trouble& what, steady_time now) noexcept {
  in_a_row_ = 0;
  // Calls that were under way together are one overload: several quotas halve and close it once.
  if (what.why == cause::quota && now < closed_until_) return;
  width_ = std::max(1U, width_ / 2);
  if (what.why != cause::quota) return;
  const milliseconds guess =
      std::min<milliseconds>(1s * (1LL << std::min(quotas_in_a_row_, 6U)), longest_guess);
  ++quotas_in_a_row_;
  const bool said = what.wait && *what.wait > 0ms;
  closed_until_ = now + (said ? std::min(*what.wait, longest_believed) : guess);
}

}  // namespace tokensyncd::sinks::vault
