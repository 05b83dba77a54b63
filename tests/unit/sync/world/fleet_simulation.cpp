#include "tests/unit/sync/world/fleet_simulation.hpp"

#include <algorithm>

namespace tokensyncd::sync {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

std::string fleet_simulation::id_of(int number) {
  return "w" + std::to_string(100 + number);
}

fleet_simulation::fleet_simulation(double calls_a_second)
    : remote(std::make_shared<support::simulated_api>(time)) {
  rate_limit = calls_a_second;
  partner = remote;
  for (int i = 0; i < size; ++i) add(id_of(i), {0}, interval);
  files->on_written = [this] { note_deliveries(); };
}

void fleet_simulation::note_deliveries() {
  const std::string& id = files->writes.back();
  if (file(id) == remote->token_of(id)) delivered_at_[id] = time.now();
}

void fleet_simulation::rotate_all() {
  for (int i = 0; i < size; ++i) remote->rotate_token(id_of(i));
  delivered_at_.clear();
}

void fleet_simulation::begin(beginning how, int bad, const support::simulated_fault& fault) {
  if (how != beginning::fresh) {
    start();
    time.run_for(3min);
  }
  if (how == beginning::reboot) stop();
  for (int i = 0; i < bad; ++i) remote->fail(id_of(i), fault);
  if (how != beginning::fresh) rotate_all();
  remote->log.clear();
  began = time.now();
  if (how == beginning::rotation) {
    for (int i = 0; i < size; ++i) daemon->event(id_of(i), false);
  } else {
    start();
  }
}

milliseconds fleet_simulation::delivered_after(int from_number) const {
  milliseconds longest{0};
  for (int i = from_number; i < size; ++i) {
    const auto found = delivered_at_.find(id_of(i));
    if (found == delivered_at_.end()) return 24h;
    longest = std::max(longest, std::chrono::ceil<milliseconds>(found->second - began));
  }
  return longest;
}

milliseconds fleet_simulation::longest_unanswered(int from_number) const {
  std::map<std::string, steady_time> last;
  for (int i = from_number; i < size; ++i) last[id_of(i)] = began;
  milliseconds longest{0};
  const auto answered = [&](steady_time& before, steady_time now) {
    longest = std::max(longest, std::chrono::ceil<milliseconds>(now - before));
    before = now;
  };
  for (const auto& each : remote->log) {
    const auto found = last.find(each.workspace);
    if (found != last.end() && each.succeeded) answered(found->second, each.answered);
  }
  for (auto& [id, before] : last) answered(before, time.now());
  return longest;
}

std::size_t fleet_simulation::calls_for(int number) const {
  return static_cast<std::size_t>(
      std::ranges::count(remote->log, id_of(number), &support::simulated_api::call::workspace));
}

std::size_t fleet_simulation::calls_between(steady_time from_time, steady_time until) const {
  return static_cast<std::size_t>(std::ranges::count_if(remote->log, [&](const auto& each) {
    return each.asked >= from_time && each.asked < until;
  }));
}

}  // namespace tokensyncd::sync
