#include "daemon/sinks/vault/login/held_token.hpp"

#include <chrono>
#include <utility>

namespace tokensyncd::sinks::vault {

void held_token::replace(grant given, steady_time now, double jitter) {
  token_ = std::make_shared<const secret>(std::move(given.token));
  terms_ = given.terms;
  logged_in_at_ = now;
  jitter_ = jitter;
  uses_left_.reset();
  if (given.uses != 0) uses_left_ = given.uses;
  // A renewal would take one of its uses, and gives none.
  if (uses_left_) terms_.renewable = false;
  ++epoch_;
}

void held_token::renew(const lease& answer, double jitter) noexcept {
  terms_ = renewed(terms_, answer);
  jitter_ = jitter;
}

token_ref held_token::use() noexcept {
  if (uses_left_) --*uses_left_;
  return token_;
}

bool held_token::is_alive(steady_time now) const noexcept {
  return token_ != nullptr && now < terms_.ends();
}

bool held_token::has_a_use(steady_time now) const noexcept {
  return is_alive(now) && (!uses_left_ || *uses_left_ > 0);
}

std::optional<wall_time> held_token::expires(steady_time now, wall_time wall) const noexcept {
  if (!is_alive(now) || terms_.ends() == steady_time::max()) return {};
  const auto left = terms_.ends() - now;
  return wall + std::chrono::duration_cast<std::chrono::microseconds>(left);
}

std::optional<steady_time> held_token::logged_in_at() const noexcept {
  if (token_ == nullptr) return {};
  return logged_in_at_;
}

lease_step held_token::next_step(unsigned failures, steady_time tried) const noexcept {
  return vault::next_step(terms_, failures, tried, jitter_);
}

}  // namespace tokensyncd::sinks::vault
