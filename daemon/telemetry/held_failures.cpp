#include "daemon/telemetry/held_failures.hpp"

#include <algorithm>
#include <utility>

namespace tokensyncd::telemetry {

void held_failures::hold(held_failure what) {
  std::string workspace = what.workspace;
  held_.insert_or_assign(std::move(workspace), std::move(what));
}

std::vector<held_failure> held_failures::take_before(steady_time asked) {
  std::vector<held_failure> taken;
  std::erase_if(held_, [&](auto& each) {
    if (each.second.at > asked) return false;
    taken.push_back(std::move(each.second));
    return true;
  });
  std::ranges::sort(taken, {}, &held_failure::at);
  return taken;
}

std::vector<held_failure> held_failures::take_all() {
  return take_before(steady_time::max());
}

void held_failures::forget(std::string_view workspace) {
  held_.erase(std::string{workspace});
}

}  // namespace tokensyncd::telemetry
