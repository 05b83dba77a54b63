#include "daemon/sync/reload/tending.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/runtime/async/supervise.hpp"

namespace tokensyncd::sync {
void tending::begin(executor ex, clock& time, std::function<void(const failure&)> tell) {
  time_ = &time;
  tell_ = std::move(tell);
  children_.emplace(ex);
}

void tending::keep(const std::vector<std::shared_ptr<sink_lane>>& lanes) {
  if (!children_) return;
  for (auto each = wards_.begin(); each != wards_.end();) {
    const auto is_its = [&](const auto& l) { return l->what.writer == each->second.who; };
    each->second.left = std::none_of(lanes.begin(), lanes.end(), is_its);
    each = each->second.left && each->second.under_way == 0 ? part_with(each) : std::next(each);
  }
  for (const auto& l : lanes) {
    const auto [added, is_new] = wards_.try_emplace(l->what.writer.get());
    if (!is_new) continue;
    added->second.who = l->what.writer;
    auto tend = [who = l->what.writer] { return who->tend(); };
    added->second.child = children_->start(
        supervised(*time_, "what sink " + l->what.name + " does by itself", tend, tell_));
  }
}

tending::wards::iterator tending::part_with(wards::iterator which) {
  children_->cancel(which->second.child);
  return wards_.erase(which);
}

void tending::started(const sink& who) {
  const auto found = wards_.find(&who);
  if (found != wards_.end()) ++found->second.under_way;
}

void tending::finished(const sink& who) {
  const auto found = wards_.find(&who);
  if (found == wards_.end()) return;
  --found->second.under_way;
  if (found->second.left && found->second.under_way == 0) part_with(found);
}

void tending::end_by(steady_time when) {
  for (auto& [key, each] : wards_) each.who->end_by(when);
}

task<> tending::end() {
  children_->cancel();
  wards_.clear();
  co_await children_->join();
  children_.reset();
}

}  // namespace tokensyncd::sync
