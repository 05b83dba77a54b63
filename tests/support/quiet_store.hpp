#pragma once

#include <cstdint>
#include <vector>

#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::tests {

/// A base for stores of tests: one that has nothing to say of itself and is always in order.
class quiet_store : public sync::store {
 public:
  result<std::vector<std::uint16_t>> token_lengths() override {
    return std::vector<std::uint16_t>{};
  }
  void on_notice(notice) override {}
  task<result<void>> look() override { co_return result<void>{}; }
  task<> close() override { co_return; }
};

}  // namespace tokensyncd::tests
