#include "daemon/sinks/vault/server/circuit_breaker.hpp"

#include <algorithm>
#include <chrono>

#include "daemon/runtime/backoff.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t paths_to_close = 3;
constexpr backoff pause_length{1s, 30s};

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
  closed_until_ = now + pause_length.after(++pauses_);
}

}  // namespace tokensyncd::sinks::vault
