#include "daemon/telemetry/reminders.hpp"

#include <chrono>

namespace tokensyncd::telemetry {

using namespace std::chrono_literals;

namespace {

/// When the next one is, for a trouble that has been logged again after `lasted`.
std::chrono::nanoseconds next_after(std::chrono::nanoseconds lasted) {
  if (lasted < 5min) return 5min;
  if (lasted < 30min) return 30min;
  return std::chrono::floor<std::chrono::hours>(lasted) + 1h;
}

}  // namespace

std::optional<reminders::lasting> reminders::failed(std::string_view what, steady_time now) {
  const auto [found, is_new] = troubles_.try_emplace(std::string{what});
  trouble& of = found->second;
  ++of.failures;
  if (is_new) {
    of.began = now;
    of.next = now + next_after(0s);
  }
  if (now < of.next) return {};
  const auto lasted = now - of.began;
  of.next = of.began + next_after(lasted);
  return lasting{lasted, of.failures};
}

std::optional<std::chrono::nanoseconds> reminders::ended(std::string_view what, steady_time now) {
  const auto found = troubles_.find(std::string{what});
  if (found == troubles_.end()) return {};
  const auto lasted = now - found->second.began;
  troubles_.erase(found);
  return lasted;
}

void reminders::ended_all(std::string_view prefix) {
  std::erase_if(troubles_, [&](const auto& each) { return each.first.starts_with(prefix); });
}

std::string length_in_words(std::chrono::nanoseconds length) {
  if (length < 2min) return std::to_string(length / 1s) + " s";
  if (length < 2h) return std::to_string(length / 1min) + " min";
  return std::to_string(length / 1h) + " h";
}

}  // namespace tokensyncd::telemetry
