#include "daemon/sinks/vault/login/relogin_limiter.hpp"

#include <chrono>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto after_the_first = 15s;
constexpr auto after_others = 60s;
constexpr auto end_of_series = 5min;

}  // namespace

void relogin_limiter::made(steady_time now) noexcept {
  if (now >= closed_until_ + end_of_series) logins_ = 0;
  closed_until_ = now + (logins_ == 0 ? after_the_first : after_others);
  ++logins_;
}

}  // namespace tokensyncd::sinks::vault
