#include "daemon/watched_store.hpp"

#include <utility>

namespace tokensyncd {

watched_store::watched_store(sync::store& held, std::function<void()> on_change)
    : held_(held), on_change_(std::move(on_change)) {}

result<void> watched_store::load(
    wall_time now, const std::function<void(const sync::stored_workspace&)>& on_workspace,
    const std::function<void(const sync::stored_presence&)>& on_presence) {
  return held_.load(now, on_workspace, on_presence);
}

task<result<void>> watched_store::save(std::vector<sync::change> changes) {
  auto saved = co_await held_.save(std::move(changes));
  const bool was_failing = std::exchange(failing_, !saved);
  if (failing_ != was_failing && on_change_) on_change_();
  co_return saved;
}

}  // namespace tokensyncd
