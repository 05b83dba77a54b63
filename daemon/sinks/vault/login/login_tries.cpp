#include "daemon/sinks/vault/login/login_tries.hpp"

namespace tokensyncd::sinks::vault {

login_tries::permission login_tries::may_try(const credentials& which,
                                             steady_time now) const noexcept {
  if (which != tried_) return permission::may_try;
  if (locked_until_ && now < *locked_until_) return permission::locked_out;
  return refusals_ < most ? permission::may_try : permission::given_up;
}

void login_tries::refused(const credentials& which) noexcept {
  refusals_ = which == tried_ ? refusals_ + 1 : 1;
  tried_ = which;
  locked_until_.reset();
}

void login_tries::locked_out(const credentials& which, steady_time now) noexcept {
  if (which != tried_) refusals_ = 0;
  tried_ = which;
  locked_until_ = now + lockout;
}

}  // namespace tokensyncd::sinks::vault
