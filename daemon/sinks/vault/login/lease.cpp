#include "daemon/sinks/vault/login/lease.hpp"

#include <algorithm>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// What is longer would be more than a steady_time can hold.
constexpr std::chrono::seconds longest_ttl = 24h * 365 * 100;

milliseconds share(std::chrono::seconds of, double part) noexcept {
  const std::chrono::duration<double, std::milli> exact = of * part;
  return std::chrono::duration_cast<milliseconds>(exact);
}

}  // namespace

milliseconds login_backoff(unsigned failures, double jitter) noexcept {
  constexpr backoff pauses{1s, 60s};
  return pauses.after(failures, jitter);
}

lease_step next_step(const lease& of, unsigned failures, steady_time tried,
                     double jitter) noexcept {
  using action = lease_step::action;
  if (of.ttl.count() == 0) return {};
  // Not at once, however short: what ends in a second is looked at once more then.
  const steady_time last_call = of.since + std::max<milliseconds>(share(of.ttl, 0.9), 1s);
  const steady_time renewal = of.since + share(of.ttl, 2.0 / 3 - jitter / 10);
  const steady_time again =
      failures == 0 ? steady_time::min() : tried + login_backoff(failures, jitter);
  if (of.renewable && std::max(renewal, again) < last_call)
    return {action::renew, std::max(renewal, again)};
  // Renewals that failed don't put off the login that is to make up for them.
  return {action::log_in, tried < last_call ? last_call : std::max(last_call, again)};
}

lease renewed(const lease& before, const lease& answer) noexcept {
  // What is left is rounded down, so in the last second it is 0: the end, not for ever.
  const bool ends_now = answer.ttl <= 0s && before.ttl != 0s;
  lease next = ends_now ? before : answer;
  if (ends_now) next.renewable = false;
  next.ttl = std::min(next.ttl, longest_ttl);
  if (next.ttl * 2 < before.ttl) next.renewable = false;
  return next;
}

}  // namespace tokensyncd::sinks::vault
