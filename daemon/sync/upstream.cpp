#include "daemon/sync/upstream.hpp"

#include <algorithm>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds longest_retry_after = 10min;
constexpr milliseconds first_throttle = 1s;
constexpr milliseconds longest_throttle = 60s;
constexpr milliseconds first_probe = 1s;
constexpr milliseconds longest_probe = 30s;
constexpr std::size_t many_workspaces = 3;
constexpr unsigned sticky_refusals = 3;

milliseconds doubled(milliseconds last, milliseconds first, milliseconds most) {
  return last == 0ms ? first : std::min(last * 2, most);
}

/// Says by itself that nobody would get an answer.
bool concerns_everybody(failure_kind kind) {
  switch (kind) {
    case failure_kind::unreachable:
    case failure_kind::tls:
    case failure_kind::bad_signature:
    case failure_kind::unauthorized:
    case failure_kind::clock_skew:
    case failure_kind::partner_refused:
      return true;
    default:
      return false;
  }
}

/// Concerns everybody once it has happened to several workspaces with no success in between.
bool concerns_many(failure_kind kind) {
  switch (kind) {
    case failure_kind::server_error:
    case failure_kind::request_refused:
    case failure_kind::timed_out:
    case failure_kind::cut:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<milliseconds> believed_retry_after(std::optional<milliseconds> said) {
  if (!said || *said <= 0ms) return {};
  return std::min(*said, longest_retry_after);
}

bool upstream::may_ask(steady_time now) const noexcept {
  if (state_ == upstream_state::normal) return true;
  return now >= until_ && (state_ == upstream_state::throttled || in_flight_ == 0);
}

steady_time upstream::opens_at() const noexcept {
  if (state_ == upstream_state::normal) return steady_time::min();
  if (state_ == upstream_state::down && in_flight_ != 0) return steady_time::max();
  return until_;
}

void upstream::asked() noexcept {
  ++in_flight_;
}

void upstream::abandoned() noexcept {
  --in_flight_;
}

void upstream::forget(std::uint32_t workspace) {
  failing_.erase(workspace);
  known_bad_.erase(workspace);
  refusals_.erase(workspace);
}

bool upstream::sticks_to_one(const outcome& what) {
  auto& seen = refusals_[what.workspace];
  // Only where others were answered since: else it is everybody's.
  const bool others_were_answered = seen.in_a_row != 0 && successes_ > seen.successes_before;
  seen.in_a_row = seen.in_a_row == 0 || others_were_answered ? seen.in_a_row + 1 : seen.in_a_row;
  seen.successes_before = successes_;
  return seen.in_a_row >= sticky_refusals;
}

blame upstream::throttled(const outcome& what, steady_time now) {
  // Answers to questions that were on their way when the pause began say nothing new.
  const bool known_already = state_ == upstream_state::throttled && what.asked < throttled_at_;
  auto wait = believed_retry_after(what.retry_after);
  if (!wait && known_already) return blame::upstream;
  if (!wait) wait = throttle_wait_ = doubled(throttle_wait_, first_throttle, longest_throttle);

  until_ = state_ == upstream_state::throttled ? std::max(until_, now + *wait) : now + *wait;
  throttle_began_ = !known_already;
  if (throttle_began_) throttled_at_ = now;
  state_ = upstream_state::throttled;
  return blame::upstream;
}

blame upstream::went_down(steady_time now, double chance) {
  // Failures of calls that began together count once: the first of them sets the next probe.
  const bool was_probe = state_ == upstream_state::down && now >= until_;
  if (state_ != upstream_state::down || was_probe) {
    probe_wait_ = doubled(probe_wait_, first_probe, longest_probe);
    const auto spread =
        std::chrono::duration<double, std::milli>(probe_wait_) * (0.75 + chance / 4);
    const auto next_probe = now + std::chrono::ceil<milliseconds>(spread);
    until_ = state_ == upstream_state::throttled ? std::max(until_, next_probe) : next_probe;
  }
  state_ = upstream_state::down;
  return blame::upstream;
}

blame upstream::answered(const outcome& what, steady_time now, double chance) {
  --in_flight_;
  throttle_began_ = false;
  const bool answered_for_itself =
      what.error == nullptr || what.error->kind == failure_kind::gone ||
      what.error->kind == failure_kind::denied || what.error->kind == failure_kind::malformed ||
      what.error->kind == failure_kind::too_large || what.error->kind == failure_kind::invalid;

  if (what.error == nullptr) {
    ++successes_;
    failing_.clear();
    known_bad_.erase(what.workspace);
    refusals_.erase(what.workspace);
  }
  if (answered_for_itself) {
    // An answer to a question from before the throttle doesn't lift it.
    const bool lifts = state_ == upstream_state::down ||
                       (state_ == upstream_state::throttled && what.asked >= until_);
    if (lifts) state_ = upstream_state::normal;
    if (state_ == upstream_state::normal) throttle_wait_ = probe_wait_ = 0ms;
    return what.error == nullptr ? blame::nobody : blame::workspace;
  }

  const failure_kind kind = what.error->kind;
  if (kind == failure_kind::throttled) return throttled(what, now);
  if (kind == failure_kind::edge_refused) {
    return sticks_to_one(what) ? blame::workspace : throttled(what, now);
  }
  if (concerns_everybody(kind)) return went_down(now, chance);
  if (concerns_many(kind)) {
    // One that has failed before says nothing new about the others.
    const bool is_news = known_bad_.insert(what.workspace).second;
    if (is_news) failing_.insert(what.workspace);
    if (failing_.size() >= many_workspaces || state_ == upstream_state::down) {
      return went_down(now, chance);
    }
  }
  return blame::workspace;
}

}  // namespace tokensyncd::sync
