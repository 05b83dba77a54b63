#include "daemon/sync/operations/preflight.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "daemon/runtime/backoff.hpp"
#include "daemon/runtime/process/on_exit.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr backoff between_looks{10ms, 250ms};

}  // namespace

/// A look at one destination. It has all that it needs, as it may outlast a reload, and whoever
/// wants to know.
struct preflight::destination_look {
  std::shared_ptr<sink_channel> through;
  std::shared_ptr<sink> writer;
  std::shared_ptr<hook> program;
  etag tag{};
  std::uint32_t generation = 0;  // 0: nothing is recorded
  bool over = false;
  destination_state seen = destination_state::as_recorded;
  std::string obstacle{};
};

struct preflight::round {
  std::string id;
  config::labels labels;
  std::vector<destination_look> destinations;
  sleeper* waiter = nullptr;  // null: gone
};

preflight::preflight(clock& time, fleet& all, delivery& out,
                     std::function<void(sink_channel&, handle)> drifted)
    : time_(time), fleet_(all), delivery_(out), drifted_(std::move(drifted)) {}

task<std::vector<rotation_destination>> preflight::look(handle who, task_group& children,
                                                        milliseconds limit) {
  const std::shared_ptr<round> all = begin(who, children);
  co_await wait_for_looks(*all, limit);
  // What isn't as it was recorded is written again first: that shows whether it can be.
  for (const destination_look& one : all->destinations) {
    const record* r = fleet_.book.get(who);
    const auto index = r == nullptr ? std::nullopt : fleet_.presence_in(*r, *one.through);
    const bool as_it_was = index && fleet_.book.presence_at(*index).tag == one.tag &&
                           !one.through->under_way.contains({one.writer.get(), all->id});
    if (one.over && one.seen == destination_state::drifted && as_it_was)
      drifted_(*one.through, who);
  }
  co_await wait_for_deliveries(who, limit);
  co_return results(who, *all);
}

task<std::vector<rotation_destination>> preflight::look_only(handle who, task_group& children,
                                                             milliseconds limit) {
  const std::shared_ptr<round> all = begin(who, children);
  co_await wait_for_looks(*all, limit);
  co_return results(who, *all);
}

std::shared_ptr<preflight::round> preflight::begin(handle who, task_group& children) {
  auto all = std::make_shared<round>();
  const record* r = fleet_.book.get(who);
  if (r == nullptr) return all;
  all->id = r->id;
  all->labels = fleet_.profile_of(*r).workspace_labels;
  for (std::size_t k = 0; k < fleet_.sinks_of(*r); ++k) {
    const auto& channel = fleet_.channels[fleet_.profile_of(*r).sinks[k]];
    const presence& p = fleet_.presence_of(*r, k);
    destination_look& one = all->destinations.emplace_back();
    one.through = channel;
    one.writer = channel->what.writer;
    one.program = channel->what.on_change;
    one.tag = p.tag;
    one.generation = p.drifted ? 0 : p.generation;
  }
  for (std::size_t i = 0; i < all->destinations.size(); ++i) children.start(look_at_one(all, i));
  return all;
}

std::vector<rotation_destination> preflight::results(handle who, const round& all) const {
  std::vector<rotation_destination> found;
  const record* r = fleet_.book.get(who);
  for (std::size_t k = 0; r != nullptr && k < fleet_.sinks_of(*r); ++k) {
    const sink_channel& l = fleet_.channel_of(*r, k);
    const bool in_sync = fleet::in_sync(*r, fleet_.presence_of(*r, k));
    rotation_destination made{l.what.name, l.what.writer->destination(fleet_.target_of(*r)),
                              in_sync, obstacle_of(*r, who.slot, k)};
    const auto is_its = [&l](const destination_look& one) { return one.through.get() == &l; };
    const auto looked = std::ranges::find_if(all.destinations, is_its);
    if (made.obstacle.empty() && looked != all.destinations.end()) {
      made.obstacle = looked->over ? looked->obstacle : "it did not answer in time";
    }
    found.push_back(std::move(made));
  }
  return found;
}

task<> preflight::look_at_one(std::shared_ptr<round> all, std::size_t which) {
  destination_look& one = all->destinations[which];
  const target whom{all->id, all->labels};
  try {
    std::vector<inspection> recorded;
    if (one.generation != 0) recorded.push_back(inspection{whom, one.tag, one.generation});
    if (!recorded.empty()) {
      co_await one.writer->inspect(recorded);
      one.seen = recorded.front().seen;
    }
    if (one.seen == destination_state::unknown) one.obstacle = "it cannot be inspected now";
    const std::vector<target> alone(1, whom);
    const auto problems = co_await one.writer->check(alone, thoroughness::try_out);
    if (!problems.empty()) one.obstacle = problems.front().what.sentence;
    if (one.program && one.obstacle.empty()) {
      const auto runnable = co_await one.program->check();
      if (!runnable) one.obstacle = "its hook cannot be run: " + runnable.error().sentence;
    }
  } catch (const std::exception& error) {
    const auto* code = dynamic_cast<const boost::system::system_error*>(&error);
    if (code != nullptr && code->code() == asio::error::operation_aborted) throw;  // cancelled
    one.obstacle = std::string("it cannot be inspected: ") + error.what();
  }
  one.over = true;
  if (all->waiter != nullptr) all->waiter->wake();
}

task<> preflight::wait_for_looks(round& all, milliseconds limit) {
  const auto me = time_.make_sleeper();
  all.waiter = me.get();
  auto leave = [&all] { all.waiter = nullptr; };
  const on_exit left{leave};
  const steady_time until = time_.now() + limit;
  while (!std::ranges::all_of(all.destinations, &destination_look::over) && time_.now() < until) {
    co_await me->sleep_until(until);
  }
}

task<> preflight::wait_for_deliveries(handle who, milliseconds limit) {
  const auto me = time_.make_sleeper();
  const steady_time until = time_.now() + limit;
  // Nobody tells of each delivery and each run of a hook that ends.
  for (unsigned looks = 1; is_under_way(who) && time_.now() < until; ++looks) {
    co_await me->sleep_until(std::min(until, time_.now() + between_looks.after(looks)));
  }
}

bool preflight::is_under_way(handle who) const {
  const record* r = fleet_.book.get(who);
  for (std::size_t k = 0; r != nullptr && k < fleet_.sinks_of(*r); ++k) {
    // The first run of a hook after a start shows whether it works.
    if (is_owed(*r, who.slot, k) || hook_runs(*r, k)) return true;
  }
  return false;
}

bool preflight::is_owed(const record& r, std::uint32_t slot, std::size_t k) const {
  const presence& p = fleet_.presence_of(r, k);
  const bool is_owed = p.drifted || (delivery_.holds(slot) && !fleet::in_sync(r, p));
  return is_owed && fleet_.channel_of(r, k).queue.trouble(slot) == nullptr;
}

bool preflight::hook_runs(const record& r, std::size_t k) const {
  const sink_channel& l = fleet_.channel_of(r, k);
  return l.hook.is_about_to_see(fleet_.presence_of(r, k), time_.now());
}

std::string preflight::obstacle_of(const record& r, std::uint32_t slot, std::size_t k) const {
  const sink_channel& l = fleet_.channel_of(r, k);
  if (const pair_trouble* wrong = l.queue.trouble(slot)) {
    return "its last delivery failed: " + wrong->sentence;
  }
  if (l.queue.troubled() != 0 && l.queue.sink_trouble()) {
    return "the last delivery of its sink failed: " + l.queue.sink_trouble()->sentence;
  }
  const hook_status hook = l.hook.status();
  if (hook.failures != 0) return "its hook fails: " + std::string{hook.error};
  return is_owed(r, slot, k) ? "the pending token was not delivered in time" : std::string{};
}

}  // namespace tokensyncd::sync
