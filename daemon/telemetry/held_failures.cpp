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

std::vector<std::string> held_failures::hide_all() {
  std::vector<std::string> whose;
  for (const auto& [workspace, held] : held_) whose.push_back(workspace);
  hidden_.insert(whose.begin(), whose.end());
  held_.clear();
  return whose;
}

bool held_failures::take_hidden(std::string_view workspace) {
  return !hidden_.empty() && hidden_.erase(std::string{workspace}) != 0;
}

void held_failures::forget(std::string_view workspace) {
  // Each check that is answered comes here.
  if (held_.empty() && hidden_.empty()) return;
  const std::string key{workspace};
  held_.erase(key);
  hidden_.erase(key);
}

}  // namespace tokensyncd::telemetry
