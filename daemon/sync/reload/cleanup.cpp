#include "daemon/sync/reload/cleanup.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/runtime/backoff.hpp"
#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr backoff between_tries{5s, 5min};

/// Done, or somebody else's now: it is kept, however often one asks.
bool is_final(const std::optional<failure>& why) {
  return !why || why->kind == failure_kind::conflict;
}

std::string canonical_location_of(const retired_destination& what) {
  const target whom{what.workspace, what.labels};
  return what.by_destination ? what.writer->canonical_location_at(what.destination)
                             : what.writer->canonical_location(whom);
}

}  // namespace

cleanup::cleanup(dependencies deps, const fleet& all, sink_tasks& tasks)
    : deps_(deps), fleet_(all), sink_tasks_(tasks), alarm_(deps.time.make_sleeper()) {}

task<> cleanup::part_with_all(std::vector<retired_destination> destinations,
                              std::vector<change> news, task_group& children) {
  // First, because later it could be older than what is known of a workspace that has come back.
  if (!news.empty()) co_await save_or_report(deps_, std::move(news));

  // Side by side, because one sink that hangs must not keep the others from it.
  std::map<const sink*, std::vector<retired_destination>> of_sink;
  for (auto& each : destinations) of_sink[each.writer.get()].push_back(std::move(each));
  for (auto& [writer, of_one] : of_sink) {
    children.start(part_with_those_of_one_sink(std::move(of_one)));
  }
}

task<> cleanup::part_with_those_of_one_sink(std::vector<retired_destination> destinations) {
  std::vector<change> withdrawn;
  for (auto& each : destinations) {
    const std::string destination = each.destination;
    const bool is_gone = co_await retire(std::move(each));
    if (is_gone) withdrawn.emplace_back(forgotten_presence{destination});
  }
  end_of_many();
  if (!withdrawn.empty()) co_await save_or_report(deps_, std::move(withdrawn));
}

task<bool> cleanup::retire(retired_destination what) {
  if (what.generation == 0 && what.uncertain == etag{}) {
    sink_tasks_.finished(*what.writer);
    co_return false;
  }
  pending one{std::move(what), {}, 0};
  co_return co_await attempt(std::move(one));
}

/// True where the state may forget the place. An exception, wherever it was, is told, and what it
/// ended is tried again.
task<bool> cleanup::attempt(pending one) {
  auto work = try_removal(one);
  const auto is_gone =
      co_await contained("a withdrawal from sink " + one.what.sink_name, std::move(work));
  if (is_gone) co_return *is_gone;
  deps_.observer.task_failed(is_gone.error());
  put_off(std::move(one));
  co_return false;
}

task<result<bool>> cleanup::try_removal(const pending& one) {
  const retired_destination& what = one.what;
  const bool is_first = one.failures == 0;
  if (what.removal != config::on_remove::erase || is_in_use(what)) {
    is_first ? end(what, false, nullptr) : sink_tasks_.finished(*what.writer);
    co_return false;
  }
  if (is_still_needed(what)) {
    come_back(one, between_tries.first);
    co_return false;
  }
  const auto why = co_await remove(what);
  if (is_final(why)) co_return settle(what, why);
  if (is_first)
    deps_.observer.retired({what.workspace, what.sink_name, what.generation, false, &*why});
  put_off(one);
  co_return false;
}

task<std::optional<failure>> cleanup::remove(const retired_destination& what) {
  std::optional<failure> why;
  if (what.generation != 0) {
    why = co_await remove(what, what.tag);
    if (!is_final(why)) co_return why;
  }
  if (what.uncertain != etag{}) why = co_await remove(what, what.uncertain);
  co_return why;
}

task<std::optional<failure>> cleanup::remove(const retired_destination& what, const etag& tag) {
  const target whom{what.workspace, what.labels};
  auto attempt = what.by_destination ? what.writer->withdraw_from(what.destination, tag)
                                     : what.writer->withdraw(whom, tag);
  const auto taken = co_await contained_and_reported(
      deps_.observer, "a withdrawal from sink " + what.sink_name, std::move(attempt));
  if (taken) co_return std::nullopt;
  co_return taken.error();
}

bool cleanup::is_in_use(const retired_destination& what) const {
  if (fleet_.is_in_use(what.workspace, canonical_location_of(what))) return true;
  const etag& ours = what.generation != 0 ? what.tag : what.uncertain;
  if (!what.writer->etag_is_the_destination() || ours == etag{}) return false;
  const etag_test is_it = [&ours](const etag& tag) { return tag == ours; };
  return fleet_.owner_of_etag(what.writer->type(), {}, is_it).has_value();
}

bool cleanup::is_anybodys(const retired_destination& what) {
  // Kept, because all that swapped their places meet what another one has written.
  if (used_for_.lock() != fleet_.profiles) {
    used_ = fleet_.canonical_locations();
    used_for_ = fleet_.profiles;
  }
  return used_.contains(canonical_location_of(what));
}

void cleanup::end_of_many() {
  used_.clear();
  used_for_.reset();
}

bool cleanup::settle(const retired_destination& what, const std::optional<failure>& why) {
  // What isn't ours there is the entry's that has the place now: nothing is left to be done.
  const bool is_anothers = why && is_anybodys(what);
  end(what, !why, why && !is_anothers ? &*why : nullptr);
  return !is_anothers && !is_in_use(what);
}

void cleanup::end(const retired_destination& what, bool withdrawn, const failure* why) {
  // It came back while this was under way, and may have been found right just before.
  if (withdrawn && is_in_use(what)) look_again();
  deps_.observer.retired({what.workspace, what.sink_name, what.generation, withdrawn, why});
  // Last, as it must not come twice: what throws before it is tried again.
  sink_tasks_.finished(*what.writer);
}

void cleanup::put_off(pending one) {
  const auto pause = between_tries.after(++one.failures);
  come_back(std::move(one), pause);
}

void cleanup::come_back(pending one, std::chrono::milliseconds pause) {
  one.next = deps_.time.now() + pause;
  later_.push_back(std::move(one));
  alarm_->wake();
}

void cleanup::arrived(std::string_view workspace) {
  for (pending& each : later_) {
    if (each.failures != 0 || each.what.workspace != workspace) continue;
    each.next = deps_.time.now();
    alarm_->wake();
  }
}

/// Whether the workspace has moved within the sink, and its new place has not got the token yet: it
/// may never get it, and what is here may be all that its readers find.
bool cleanup::is_still_needed(const retired_destination& what) const {
  const auto slot = fleet_.book.find(what.workspace);
  if (!slot) return false;
  const record& r = fleet_.book.at(*slot);
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    if (fleet_.channel_of(r, k).what.name == what.sink_name)
      return !fleet::in_sync(r, fleet_.presence_of(r, k));
  }
  return false;
}

task<> cleanup::tend() {
  const auto sooner = [](const pending& a, const pending& b) { return a.next < b.next; };
  for (;;) {
    const auto first = std::min_element(later_.begin(), later_.end(), sooner);
    const steady_time next = first == later_.end() ? steady_time::max() : first->next;
    if (deps_.time.now() < next) {
      co_await alarm_->sleep_until(next);
      continue;
    }
    pending one = std::move(*first);
    later_.erase(first);
    std::vector<change> changes;
    changes.emplace_back(forgotten_presence{one.what.destination});
    const bool is_gone = co_await attempt(std::move(one));
    end_of_many();
    if (is_gone) co_await save_or_report(deps_, std::move(changes));
  }
}

}  // namespace tokensyncd::sync
