#include "daemon/sinks/vault/login/login_proof.hpp"

#include <algorithm>

namespace tokensyncd::sinks::vault {

using std::chrono::milliseconds;

void login_proof::passed(steady_time now, double jitter, milliseconds at_least) noexcept {
  if (interval_ == milliseconds{0}) return;
  const std::chrono::duration<double, std::milli> spread = interval_ * (1 - jitter / 10);
  next_ = now + std::max(std::chrono::ceil<milliseconds>(spread), at_least);
}

void login_proof::ask_anew(steady_time now) noexcept {
  if (interval_ != milliseconds{0}) next_ = now;
}

}  // namespace tokensyncd::sinks::vault
