#include "daemon/sync/reload/sink_tasks.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd::sync {
void sink_tasks::begin(executor ex, clock& time, std::function<void(const failure&)> report_fault) {
  time_ = &time;
  report_fault_ = std::move(report_fault);
  children_.emplace(ex);
}

void sink_tasks::keep(const std::vector<std::shared_ptr<sink_channel>>& channels) {
  if (!children_) return;
  for (auto each = entries_.begin(); each != entries_.end();) {
    const auto is_its = [&](const auto& l) { return l->what.writer == each->second.who; };
    each->second.left = std::none_of(channels.begin(), channels.end(), is_its);
    each = each->second.left && each->second.under_way == 0 ? retire(each) : std::next(each);
  }
  for (const auto& l : channels) {
    const auto [added, is_new] = entries_.try_emplace(l->what.writer.get());
    if (!is_new) continue;
    added->second.who = l->what.writer;
    auto tend = [who = l->what.writer] { return who->tend(); };
    added->second.child = children_->start(
        supervised(*time_, "the background work of sink " + l->what.name, tend, report_fault_));
  }
}

sink_tasks::entries::iterator sink_tasks::retire(entries::iterator which) {
  children_->cancel(which->second.child);
  return entries_.erase(which);
}

void sink_tasks::started(const sink& who) {
  const auto found = entries_.find(&who);
  if (found != entries_.end()) ++found->second.under_way;
}

void sink_tasks::finished(const sink& who) {
  const auto found = entries_.find(&who);
  if (found == entries_.end()) return;
  --found->second.under_way;
  if (found->second.left && found->second.under_way == 0) retire(found);
}

void sink_tasks::end_by(steady_time when) {
  for (auto& [key, each] : entries_) each.who->end_by(when);
}

task<> sink_tasks::end() {
  children_->cancel();
  entries_.clear();
  co_await children_->join();
  children_.reset();
}

}  // namespace tokensyncd::sync
