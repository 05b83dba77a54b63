#include "daemon/sinks/vault/server/circuit_breaker.hpp"

#include <algorithm>
#include <chrono>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t paths_to_close = 3;
constexpr std::chrono::milliseconds longest_pause = 30s;

}  // namespace

void circuit_breaker::granted() noexcept {
  if (paths_.empty()) return;
  paths_.clear();
  pauses_ = 0;
  closed_until_ = steady_time::min();
}

bool circuit_breaker::admits(steady_time now) noexcept {
  if (now < closed_until_) return false;
  if (paths_.size() >= paths_to_close) pause(now);
  return true;
}

void circuit_breaker::forbidden(std::uint64_t path_hash, steady_time now) {
  if (paths_.size() >= paths_to_close) return;
  paths_.insert(path_hash);
  if (paths_.size() >= paths_to_close) pause(now);
}

void circuit_breaker::pause(steady_time now) noexcept {
  const std::chrono::milliseconds length = 1s * (1LL << std::min(pauses_, 5U));
  closed_until_ = now + std::min(length, longest_pause);
  ++pauses_;
}

}  // namespace tokensyncd::sinks::vault
