#include "daemon/sinks/vault/login/login_retry.hpp"

#include "daemon/sinks/vault/login/lease.hpp"

namespace tokensyncd::sinks::vault {

bool login_retry::login_failed(const trouble& why, steady_time now, double jitter) {
  // Sentences of one cause differ by the server that was asked, or by how long to wait.
  const bool is_same = why_ && why_->why == why.why &&
                       (why.why != cause::no_token || why_->what.sentence == why.what.sentence);
  why_ = why;
  ++failures_;
  failed_at_ = now;
  not_before_ = now + login_backoff(failures_, jitter);
  return !is_same;
}

void login_retry::renewal_failed(steady_time began) noexcept {
  ++failures_;
  failed_at_ = began;  // a login that has become due meanwhile isn't put off by it
}

void login_retry::logged_in() noexcept {
  why_.reset();
  retry_now();
}

void login_retry::retry_now() noexcept {
  failures_ = 0;
  not_before_ = steady_time::min();
}

}  // namespace tokensyncd::sinks::vault
