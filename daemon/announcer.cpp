#include "daemon/announcer.hpp"

#include <chrono>
#include <utility>

namespace tokensyncd {

std::string describe(const sync::fleet_status& fleet) {
  auto text = std::to_string(fleet.pairs_in_sync) + " of " + std::to_string(fleet.pairs) +
              " deliveries in sync";
  for (const auto& sink : fleet.sinks) {
    if (sink.out_of_sync != 0) {
      text += "; " + std::to_string(sink.out_of_sync) + " missing in " + std::string{sink.name};
    }
  }
  const auto count = [&](sync::workspace_state state) {
    return fleet.workspaces[static_cast<std::size_t>(state)];
  };
  for (const auto state :
       {sync::workspace_state::stale, sync::workspace_state::denied, sync::workspace_state::gone}) {
    if (count(state) != 0) {
      text += "; " + std::to_string(count(state)) + " " + std::string{to_string(state)};
    }
  }
  if (fleet.throttled_until) {
    text += "; throttled until " + format_rfc3339(*fleet.throttled_until);
  }
  return text;
}

announcer::announcer(clock& time, service_manager& manager, std::function<std::string()> sentence)
    : time_(time),
      manager_(manager),
      sentence_(std::move(sentence)),
      sleeper_(time.make_sleeper()) {}

void announcer::changed() noexcept {
  if (!changed_) {
    changed_ = true;
    sleeper_->wake();
  }
}

task<void> announcer::run() {
  auto next = time_.now();
  for (;;) {
    while (!changed_) {
      co_await sleeper_->sleep_until(steady_time::max());
    }
    // Only with something to say: without, not even this timer may wake the process.
    while (time_.now() < next) {
      co_await sleeper_->sleep_until(next);
    }
    changed_ = false;
    next = time_.now() + std::chrono::seconds{1};
    manager_.status(sentence_());
  }
}

}  // namespace tokensyncd
