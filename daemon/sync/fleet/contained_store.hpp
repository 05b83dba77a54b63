#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "daemon/runtime/async/supervise.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// A store whose exceptions are failures like any other. For the loop's thread.
class contained_store final : public store {
 public:
  /// `held` must outlive this.
  explicit contained_store(store& held) : held_(held) {}

  result<void> load(wall_time now, const std::function<void(const stored_workspace&)>& on_workspace,
                    const std::function<void(const stored_presence&)>& on_presence) override {
    return held_.load(now, on_workspace, on_presence);
  }

  result<std::vector<std::uint16_t>> token_lengths() override { return held_.token_lengths(); }

  task<result<void>> save(std::vector<change> changes) override {
    auto attempt = held_.save(std::move(changes));
    co_return co_await contained("saving the state", std::move(attempt));
  }

  void on_notice(notice told) override { held_.on_notice(std::move(told)); }

  task<result<void>> look() override {
    auto attempt = held_.look();
    co_return co_await contained("a look at the state", std::move(attempt));
  }

  task<> close() override {
    auto attempt = held_.close();
    // Whatever it throws: it was the last call, and nobody is left to act on it.
    static_cast<void>(co_await contained("closing the state", std::move(attempt)));
  }

 private:
  store& held_;
};

}  // namespace tokensyncd::sync
