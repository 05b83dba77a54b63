#include "daemon/sync/operations/rotation_policy.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "config/time_window.hpp"
#include "daemon/sync/fleet/token_age.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_pause = 5s;  // what comes meanwhile isn't told to it
constexpr auto shortest_pause = 1s;
constexpr std::chrono::milliseconds shortest_postponement = 10min;
/// For the sinks, as nobody waits for the command's end.
constexpr std::chrono::milliseconds time_to_deliver = 5min;

/// Whether nothing was done, and nothing is in doubt.
bool left_alone(const rotation_report& report) {
  switch (report.how) {
    case rotation_end::young:
    case rotation_end::not_asked:
    case rotation_end::obstructed:
    case rotation_end::busy:
    case rotation_end::unknown_workspace:
      return true;
    case rotation_end::rotated:
    case rotation_end::refused:
    case rotation_end::unknown:
      return false;
  }
  return false;
}

bool is_confirmed(const rotation_report& report) {
  return report.how == rotation_end::rotated && report.confirmed && is_done(report);
}

}  // namespace

rotation_policy::rotation_policy(dependencies deps, fleet& all, const dispatcher& plan,
                                 const workers& crew, rotation_runner& runner)
    : deps_(deps),
      fleet_(all),
      dispatcher_(plan),
      workers_(crew),
      runner_(runner),
      pause_(deps.time.make_sleeper()) {}

void rotation_policy::reloaded() {
  look();
  pause_->wake();
}

void rotation_policy::resume() {
  last_failure_ = {};
  failures_ = 0;
  stopped_.clear();
  postponed_.clear();
  reloaded();
}

task<> rotation_policy::run() {
  for (;;) {
    look();
    if (next_ && next_->at <= deps_.time.wall() && may_rotate()) co_await rotate(next_->who);
    look();
    std::chrono::nanoseconds pause = longest_pause;
    if (next_) pause = std::min(pause, elapsed(deps_.time.wall(), next_->at));
    co_await pause_->sleep_until(deps_.time.now() +
                                 std::max<std::chrono::nanoseconds>(pause, shortest_pause));
  }
}

task<> rotation_policy::rotate(handle who) {
  const record& r = fleet_.book.at(who.slot);
  const config::rotation_policy how = *fleet_.profile_of(r).rotation;
  rotation_request request;
  request.older_than = how.max_age;
  request.timeout = time_to_deliver;
  request.by_policy = true;
  // From here on the record may be another one.
  const rotation_report report = co_await runner_.rotate(r.id, request);
  note(report, how);
}

void rotation_policy::note(const rotation_report& report, const config::rotation_policy& how) {
  if (is_confirmed(report)) {
    failures_ = 0;
    return;
  }
  // Twice the gap, so that others have their turn meanwhile.
  postpone(report, std::max(shortest_postponement, 2 * how.at_most.period / how.at_most.count));
  if (left_alone(report)) return;
  last_failure_ = deps_.time.wall();
  if (++failures_ < how.stop_after_failures) return;
  stopped_ = report.why;
  deps_.observer.policy_changed({policy_step::stopped, report.workspace, report.why});
}

void rotation_policy::postpone(const rotation_report& report, std::chrono::milliseconds length) {
  const steady_time now = deps_.time.now();
  std::erase_if(postponed_, [now](const auto& each) { return each.second <= now; });
  postponed_[report.workspace] = now + length;
  if (report.how == rotation_end::young || report.how == rotation_end::busy) return;
  deps_.observer.policy_changed({policy_step::postponed, report.workspace, report.why});
}

/// While the API as a whole fails, or the result of any rotation isn't known, another one could
/// leave a second customer without a token.
bool rotation_policy::may_rotate() const {
  if (!stopped_.empty() || dispatcher_.api().state() != upstream_state::normal) return false;
  return std::ranges::none_of(fleet_.book.by_id(), [this](std::uint32_t slot) {
    return fleet_.book.at(slot).token.pending != pending_rotation::none;
  });
}

void rotation_policy::look() {
  const auto has_policy = [](const config::workspace_profile& each) {
    return each.rotation.has_value();
  };
  next_.reset();
  status_.reset();
  if (std::ranges::none_of(*fleet_.profiles, has_policy)) return;
  next_ = choose();
  status_.emplace();
  status_->stopped = stopped_;
  if (!next_ || !stopped_.empty()) return;
  status_->workspace = fleet_.book.at(next_->who.slot).id;
  status_->at = std::max(next_->at, deps_.time.wall());
}

std::optional<rotation_policy::candidate> rotation_policy::choose() const {
  // The oldest of each policy: when that one may be rotated is a costlier question.
  std::map<config::rotation_policy, candidate> oldest;
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    const auto& how = fleet_.profile_of(r).rotation;
    if (!how || !is_healthy(r) || is_postponed(r.id)) continue;
    const candidate found{fleet_.book.handle_of(slot), over_age_at(r, *how)};
    const auto [known, is_new] = oldest.try_emplace(*how, found);
    if (!is_new) known->second = std::min(known->second, found);
  }
  std::optional<candidate> first;
  for (auto& [how, each] : oldest) {
    each.at = allowed_at(each.at, how);
    if (!first || each < *first) first = each;
  }
  return first;
}

wall_time rotation_policy::over_age_at(const record& r, const config::rotation_policy& how) const {
  const auto left = how.max_age - age_of(r, deps_.time, workers_.clock_skew());
  return deps_.time.wall() + std::chrono::ceil<std::chrono::microseconds>(left);
}

/// When one that is over its age at `when` may be rotated: not too soon after another rotation,
/// whoever made that, and while its window is open.
wall_time rotation_policy::allowed_at(wall_time when, const config::rotation_policy& how) const {
  const auto gap = how.at_most.period / how.at_most.count;
  // One in the future is of a clock that was wrong: it would hold up everything until then.
  const auto& newest = fleet_.history.last_rotation;
  const bool counts = newest && !is_in_future(newest, deps_.time.wall());
  const wall_time latest = std::max(counts ? *newest : wall_time{}, last_failure_);
  const wall_time spread = std::max({when, latest + gap, deps_.time.wall()});
  if (!how.window) return spread;
  return config::next_open(*how.window, std::chrono::ceil<std::chrono::seconds>(spread));
}

bool rotation_policy::is_healthy(const record& r) const {
  return r.state == workspace_state::ok && fleet_.all_in_sync(r);
}

bool rotation_policy::is_postponed(const std::string& id) const {
  const auto found = postponed_.find(id);
  return found != postponed_.end() && found->second > deps_.time.now();
}

}  // namespace tokensyncd::sync
