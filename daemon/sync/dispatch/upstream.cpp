#include "daemon/sync/dispatch/upstream.hpp"

#include <algorithm>
#include <utility>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds longest_retry_after = 10min;
constexpr milliseconds first_throttle = 1s;
constexpr milliseconds longest_throttle = 60s;
constexpr milliseconds first_probe = 1s;
constexpr milliseconds longest_probe = 30s;
constexpr milliseconds longest_lively_probe = 4s;
constexpr milliseconds lively_for = 1min;
constexpr milliseconds shortest_between_probes = 1s;
constexpr milliseconds between_samples = 250ms;
constexpr milliseconds passes_within = 1min;
constexpr std::size_t several = 3;

milliseconds doubled(milliseconds last, milliseconds first, milliseconds most) {
  return last == 0ms ? first : std::min(last * 2, most);
}

/// What a failure says beside that this call failed.
enum class bearing : std::uint8_t {
  answered,   ///< it is the API's answer about this workspace
  nothing,    ///< it is about us
  refused,    ///< no connection, or a refusal, that may be everybody's
  slow_down,  ///< a refusal that may be meant for everybody, as there were too many calls
  broken,     ///< may happen to one call: concerns everybody only with several others
};

/// No `default`: a new kind of failure must be given one.
bearing bearing_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::gone:
    case failure_kind::denied:
      return bearing::answered;
    case failure_kind::unreachable:
    case failure_kind::tls:
    case failure_kind::bad_signature:
    case failure_kind::unauthorized:
    case failure_kind::clock_skew:
    case failure_kind::partner_refused:
      return bearing::refused;
    case failure_kind::throttled:
    case failure_kind::edge_refused:
      return bearing::slow_down;
    case failure_kind::server_error:
    case failure_kind::request_refused:
    case failure_kind::timed_out:
    case failure_kind::cut:
    case failure_kind::malformed:
    case failure_kind::too_large:
    case failure_kind::invalid:
      return bearing::broken;
    case failure_kind::cancelled:
    case failure_kind::no_space:
    case failure_kind::no_permission:
    case failure_kind::missing_place:
    case failure_kind::wrong_place:
    case failure_kind::bad_login:
    case failure_kind::conflict:
    case failure_kind::program_failed:
    case failure_kind::incomplete:
    case failure_kind::io_error:
    case failure_kind::damaged:
    case failure_kind::busy:
    case failure_kind::fault:
      return bearing::nothing;
  }
  return bearing::nothing;
}

std::size_t least_to_concern_all(failure_kind kind) {
  return bearing_of(kind) == bearing::broken ? several : 1;
}

}  // namespace

std::optional<milliseconds> believed_retry_after(std::optional<milliseconds> asked_for) {
  if (!asked_for || *asked_for <= 0ms) return {};
  return std::min(*asked_for, longest_retry_after);
}

unsigned upstream::probes_allowed(steady_time now) const noexcept {
  // One that hangs since before the sign of life must not hold up the one that follows it.
  return now < probes_.lively_until ? 2 : 1;
}

bool upstream::may_ask(steady_time now) const noexcept {
  if (state_ == upstream_state::normal) return true;
  return now >= until_ && probes_.under_way < probes_allowed(now);
}

steady_time upstream::opens_at(steady_time now) const noexcept {
  if (state_ == upstream_state::normal) return steady_time::min();
  return probes_.under_way < probes_allowed(now) ? until_ : steady_time::max();
}

steady_time upstream::next_sample() const noexcept {
  if (!failed_.samples || state_ != upstream_state::normal) return steady_time::max();
  return last_asked_ + between_samples;
}

void upstream::asked(steady_time now) noexcept {
  last_asked_ = now;
  if (state_ != upstream_state::normal) ++probes_.under_way;
}

void upstream::abandoned(steady_time asked) noexcept {
  if (probes_.under_way != 0 && asked >= closed_at_) --probes_.under_way;
  // A probe that ends without saying anything isn't followed by the next one at once.
  if (state_ != upstream_state::normal) until_ = std::max(until_, asked + first_probe);
}

void upstream::forget(std::uint32_t workspace) {
  failed_.suspects.erase(workspace);
  failed_.bad.erase(workspace);
  own_.throttles.erase(workspace);
  if (failed_.suspects.empty()) failed_.samples = false;
}

upstream::standing upstream::standing_of(std::uint32_t workspace) const {
  if (!failed_.bad.empty() && failed_.bad.contains(workspace)) return standing::bad;
  return failed_.suspects.contains(workspace) ? standing::suspect : standing::good;
}

std::vector<std::uint32_t> upstream::take_released() noexcept {
  return std::exchange(failed_.released, {});
}

void upstream::sign_of_life(steady_time now) noexcept {
  if (state_ != upstream_state::down) return;
  until_ = std::min(until_, std::max(now, last_asked_ + shortest_between_probes));
  probes_.lively_until = now + lively_for;
  probes_.wait = 0ms;
}

void upstream::close(upstream_state how, steady_time now) noexcept {
  if (state_ == upstream_state::normal) {
    closed_at_ = now;
    probes_.under_way = 0;
  }
  state_ = how;
}

void upstream::open(steady_time now) {
  opened_at_ = now;
  cause_.reset();
  state_ = upstream_state::normal;
  for (const auto& [workspace, when] : failed_.suspects) failed_.released.push_back(workspace);
  std::sort(failed_.released.begin(), failed_.released.end());
  failed_.suspects.clear();
  own_.throttles.clear();
  throttle_.longest_pause = probes_.lively_until = {};
  failed_.samples = false;
}

blame upstream::throttled(std::optional<milliseconds> wait, steady_time asked, steady_time now) {
  // Answers to questions that were on their way when the pause began say nothing new.
  const bool known_already = state_ == upstream_state::throttled && asked < throttle_.at;
  if (!wait && known_already) return blame::upstream;
  if (!wait) wait = throttle_.wait = doubled(throttle_.wait, first_throttle, longest_throttle);

  const auto end = std::max(now + *wait, throttle_.longest_pause);
  until_ = state_ == upstream_state::throttled ? std::max(until_, end) : end;
  throttle_.began = !known_already;
  if (throttle_.began) throttle_.at = now;
  close(upstream_state::throttled, now);
  return blame::upstream;
}

blame upstream::went_down(steady_time now, double jitter) {
  // Failures of calls that began together count once: the first of them sets the next probe.
  const bool was_probe = state_ == upstream_state::down && now >= until_;
  if (state_ != upstream_state::down || was_probe) {
    const auto most = now < probes_.lively_until ? longest_lively_probe : longest_probe;
    probes_.wait = doubled(probes_.wait, first_probe, most);
    const auto next_probe = now + with_jitter(probes_.wait, jitter);
    until_ = state_ == upstream_state::throttled ? std::max(until_, next_probe) : next_probe;
  }
  close(upstream_state::down, now);
  return blame::upstream;
}

void upstream::lives(const outcome& what, steady_time now) {
  failed_.suspects.erase(what.workspace);
  failed_.bad.erase(what.workspace);
  own_.throttles.erase(what.workspace);
  // An answer to a question from before the throttle doesn't lift it.
  if (state_ == upstream_state::throttled && what.asked < until_) return;
  if (state_ != upstream_state::normal) open(now);
  throttle_.wait = probes_.wait = 0ms;
  throttle_.longest_pause = {};
  if (failed_.suspects.empty()) return;
  // Of those that failed later than this was asked it says nothing.
  std::erase_if(failed_.suspects, [&](const auto& each) {
    if (each.second > what.asked) return false;
    failed_.bad.insert(each.first);
    return true;
  });
  failed_.samples = failed_.samples && !failed_.suspects.empty();
}

void upstream::note_own_throttle(const outcome& what, steady_time now) {
  own_throttle& own = own_.throttles[what.workspace];
  own.last = now;
  own.in_a_row = std::min(own.in_a_row + 1, 7U);
  const auto believed = believed_retry_after(what.retry_after);
  own_.pause =
      believed.value_or(std::min(first_throttle * (1U << (own.in_a_row - 1)), longest_throttle));
}

/// Whether throttles hit now this one and now that one: then too many calls are made, although each
/// of the workspaces is answered in the end. One that is hit again and again has a limit of its
/// own.
bool upstream::was_passing(const outcome& what, steady_time now) {
  const auto own = own_.throttles.find(what.workspace);
  if (state_ != upstream_state::normal || own == own_.throttles.end()) return false;
  if (now - own->second.last > passes_within) return false;
  const auto before = std::ranges::find(own_.passing, what.workspace, &pass::workspace);
  const auto end = before == own_.passing.end() ? before : before + 1;
  std::rotate(own_.passing.begin(), end - 1, end);
  own_.passing.front() = {what.workspace, now};
  const steady_time first = own_.passing.back().when;
  if (first == steady_time{} || now - first > passes_within) return false;
  own_.passing = {};
  return true;
}

bool upstream::is_everybodys(failure_kind kind, std::size_t fleet) const {
  const std::size_t might_be_answered = fleet - std::min(fleet, failed_.bad.size());
  return failed_.suspects.size() >=
         std::max(least_to_concern_all(kind), std::min(sample, might_be_answered));
}

blame upstream::doubtful(const outcome& what, steady_time now, double jitter) {
  const failure_kind kind = what.error->kind;
  const bool slow_down = bearing_of(kind) == bearing::slow_down;
  if (slow_down) note_own_throttle(what, now);
  // One that has failed while others were answered says nothing new about them.
  const bool is_news = !failed_.bad.contains(what.workspace);
  if (is_news) {
    failed_.suspects[what.workspace] = now;
    throttle_.longest_pause = std::max(throttle_.longest_pause, now + own_.pause);
  }

  if (state_ == upstream_state::normal && !(is_news && is_everybodys(kind, what.fleet))) {
    // Whoever is told to slow down asks nobody before his time.
    failed_.samples =
        failed_.samples || (!slow_down && failed_.suspects.size() >= least_to_concern_all(kind));
    return blame::workspace;
  }
  own_.pause = 0ms;
  cause_ = *what.error;
  return slow_down ? throttled(believed_retry_after(what.retry_after), what.asked, now)
                   : went_down(now, jitter);
}

blame upstream::answered(const outcome& what, steady_time now, double jitter) {
  if (probes_.under_way != 0 && what.asked >= closed_at_) --probes_.under_way;
  throttle_.began = is_from_outage_ = false;
  own_.pause = 0ms;
  if (what.error == nullptr) {
    const bool too_fast = was_passing(what, now);
    lives(what, now);
    if (too_fast) throttled({}, what.asked, now);
    return blame::nobody;
  }
  const bearing meaning = bearing_of(what.error->kind);
  if (meaning == bearing::nothing) return blame::workspace;
  if (meaning == bearing::answered) {
    lives(what, now);
    return blame::workspace;
  }
  is_from_outage_ = state_ == upstream_state::normal && what.asked < opened_at_;
  if (is_from_outage_) return blame::upstream;
  return doubtful(what, now, jitter);
}

}  // namespace tokensyncd::sync
