#include "daemon/sync/operations/rotation_policy.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "config/time_window.hpp"
#include "daemon/runtime/async/supervise.hpp"
#include "daemon/sync/fleet/token_age.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_pause = 5s;  // what comes meanwhile isn't told to it
constexpr auto shortest_pause = 1s;
constexpr std::size_t most_told = 100;
constexpr std::chrono::milliseconds postponement = 10min;  // of a workspace, at least
constexpr auto between_attempts = 10s;                     // of which nothing comes
/// A policy is in no hurry: its window may close, or another one take its place.
constexpr std::chrono::milliseconds time_before_call = 30s;
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

/// Why it was left alone: the destinations that aren't ready, or what the command would say.
std::string why_of(const rotation_report& report) {
  if (report.how != rotation_end::obstructed) return report.why;
  std::string text;
  for (const rotated_destination& each : report.sinks) {
    text.append(text.empty() ? "" : "; ").append(each.sink).append(": ").append(each.last_error);
  }
  return text;
}

std::chrono::milliseconds gap_of(const config::rotation_policy& how) {
  return how.at_most.period / how.at_most.count;
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
  not_before_ = steady_time::min();
  failures_ = 0;
  stopped_.reset();
  postponed_.clear();
  told_.clear();
  reloaded();
}

task<> rotation_policy::run() {
  for (;;) {
    look();
    const steady_time now = deps_.time.now();
    if (next_ && next_->at <= now && status_->waiting.empty()) {
      co_await rotate(next_->who);
      continue;
    }
    // Without a policy only a reload brings work.
    const steady_time last = status_ ? deps_.time.now() + longest_pause : steady_time::max();
    const steady_time next = next_ ? std::min(next_->at, last) : last;
    co_await pause_->sleep_until(std::max(next, deps_.time.now() + shortest_pause));
  }
}

task<> rotation_policy::rotate(handle who) {
  const record& r = fleet_.book.at(who.slot);
  const config::rotation_policy how = *fleet_.profile_of(r).rotation;
  const std::string id = r.id;
  rotation_request request;
  request.older_than = how.max_age;
  request.timeout = time_to_deliver;
  request.wait_before = time_before_call;
  request.by_policy = true;
  status_->waiting = "it is being rotated";
  // From here on the record may be another one.
  std::exception_ptr broken;
  rotation_report report;
  try {
    report = co_await runner_.rotate(id, request);
  } catch (...) {
    broken = std::current_exception();
  }
  if (!broken) {
    note(report, how);
  } else {
    // After a bug nobody knows what was rotated.
    if (!is_cancellation(broken))
      stop(id, "a bug has ended the rotation; see task.failed in the log");
    std::rethrow_exception(broken);
  }
}

void rotation_policy::note(const rotation_report& report, const config::rotation_policy& how) {
  if (is_confirmed(report)) {
    failures_ = 0;
    told_.clear();
    return;
  }
  // One that was removed meanwhile is nobody's failure.
  if (!fleet_.book.find(report.workspace)) return;
  if (left_alone(report)) return postpone(report);
  // Twice the gap, so that others have their turn meanwhile.
  postpone(report.workspace, std::max(postponement, 2 * gap_of(how)));
  not_before_ = deps_.time.now() + gap_of(how);
  if (++failures_ >= how.stop_after_failures) stop(report.workspace, report.why);
}

void rotation_policy::stop(const std::string& workspace, const std::string& why) {
  stopped_ = why.empty() ? "the rotation of workspace " + workspace + " is not confirmed" : why;
  deps_.observer.policy_changed({policy_step::stopped, workspace, *stopped_});
}

/// Others have their turn; each reason is told once.
void rotation_policy::postpone(const rotation_report& report) {
  postpone(report.workspace, postponement);
  not_before_ = deps_.time.now() + between_attempts;
  if (report.how == rotation_end::young || report.how == rotation_end::busy) return;
  const std::string why = why_of(report);
  if (told_.size() < most_told && told_.insert(why).second)
    deps_.observer.policy_changed({policy_step::postponed, report.workspace, why});
}

void rotation_policy::postpone(const std::string& workspace, std::chrono::milliseconds length) {
  const steady_time now = deps_.time.now();
  std::erase_if(postponed_, [now](const auto& each) { return each.second <= now; });
  postponed_[workspace] = now + length;
}

void rotation_policy::look() {
  const auto has_policy = [](const config::workspace_profile& each) {
    return each.rotation.has_value();
  };
  next_.reset();
  status_.reset();
  if (std::ranges::none_of(*fleet_.profiles, has_policy)) return;
  status_.emplace();
  if (stopped_) {
    status_->stopped = *stopped_;
    return;
  }
  next_ = choose();
  if (!next_) return;
  const record& r = fleet_.book.at(next_->who.slot);
  const auto left = std::max(next_->at - deps_.time.now(), std::chrono::nanoseconds{0});
  status_->workspace = r.id;
  status_->at = deps_.time.wall() + std::chrono::ceil<std::chrono::microseconds>(left);
  status_->waiting = obstacle_for(r);
}

/// What another rotation would make worse: a second customer could be left without a token.
std::string rotation_policy::obstacle_for(const record& r) const {
  if (dispatcher_.api().state() != upstream_state::normal) return "the Partner API fails";
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& other = fleet_.book.at(slot);
    if (!is_refused(other.state) && other.token.pending != pending_rotation::none)
      return "the result of the rotation of " + other.id + " is not known";
  }
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    const sink_channel& l = fleet_.channel_of(r, k);
    if (l.hook.status().pending != 0) return "the hook of " + l.what.name + " has yet to run";
  }
  return {};
}

std::optional<rotation_policy::candidate> rotation_policy::choose() const {
  // The oldest of each policy: when that one may be rotated is a costlier question.
  std::map<config::rotation_policy, candidate> oldest;
  steady_time newest = steady_time::min();
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    if (r.wanted.generation > 1) newest = std::max(newest, r.known_since);
    const auto& how = fleet_.profile_of(r).rotation;
    if (!how || !is_healthy(r) || is_postponed(r.id)) continue;
    const candidate found{fleet_.book.handle_of(slot), over_age_at(r, *how), {}};
    const auto [known, is_new] = oldest.try_emplace(*how, found);
    if (!is_new && found.over_age < known->second.over_age) known->second = found;
  }
  std::optional<candidate> first;
  for (auto& [how, each] : oldest) {
    each.at = allowed_at(each.over_age, newest, how);
    if (!first || comes_before(each, *first)) first = each;
  }
  return first;
}

/// Of those that may be rotated now the one that is the longest over its age.
bool rotation_policy::comes_before(const candidate& one, const candidate& other) const {
  const steady_time now = deps_.time.now();
  return std::pair(std::max(one.at, now), one.over_age) <
         std::pair(std::max(other.at, now), other.over_age);
}

steady_time rotation_policy::over_age_at(const record& r,
                                         const config::rotation_policy& how) const {
  return deps_.time.now() + (how.max_age - age_of(r, deps_.time, workers_.clock_skew()));
}

/// When one that is over its age at `when` may be rotated: not too soon after the newest rotation,
/// whoever made that, and while its window is open. On the steady clock, as the other one may be
/// set.
steady_time rotation_policy::allowed_at(steady_time when, steady_time newest,
                                        const config::rotation_policy& how) const {
  const bool is_first = newest == steady_time::min();
  const steady_time spread =
      std::max({when, is_first ? newest : newest + gap_of(how), not_before_});
  if (!how.window) return spread;
  const steady_time now = deps_.time.now();
  const wall_time wall = deps_.time.wall();
  const auto ahead = std::max(spread - now, std::chrono::nanoseconds{0});
  const auto from = std::chrono::floor<std::chrono::seconds>(
      wall + std::chrono::floor<std::chrono::microseconds>(ahead));
  const auto opens = config::next_open(*how.window, from);
  return opens == from ? spread : now + elapsed(wall, opens);
}

bool rotation_policy::is_healthy(const record& r) const {
  return r.state == workspace_state::ok && fleet_.all_in_sync(r);
}

bool rotation_policy::is_postponed(const std::string& id) const {
  const auto found = postponed_.find(id);
  return found != postponed_.end() && found->second > deps_.time.now();
}

}  // namespace tokensyncd::sync
