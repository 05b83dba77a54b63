#include "daemon/sinks/vault/look_reports.hpp"

#include <chrono>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto between_notices = 1h;
constexpr auto between_suspicions = 60s;

}  // namespace

bool look_reports::failed(cause why, steady_time now) {
  has_failed_ = true;
  const auto [last, is_new] = reported_.try_emplace(why, now);
  if (!is_new && now - last->second < between_notices) return false;
  last->second = now;
  return true;
}

bool look_reports::suspects_loss(steady_time now) noexcept {
  if (now < suspects_again_at_) return false;
  suspects_again_at_ = now + between_suspicions;
  return true;
}

}  // namespace tokensyncd::sinks::vault
