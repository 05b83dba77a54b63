#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {

/// A command that waits for its report.
struct given {
  std::optional<rotation_report> report;
  std::unique_ptr<task_group> work;
};

inline task<> wait_for_report(engine& daemon, std::string id, rotation_request how, given& into) {
  auto got = co_await daemon.rotate(std::move(id), how);
  into.report = std::move(got);
}

struct engine_rotate : engine_world_test, testing::Test {
  engine_rotate() {
    add("acme");
    add("bolt");
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
    api->rotates_to("acme", "a2");
  }
  ~engine_rotate() override {
    for (const auto& each : commands_) give_up(*each);
  }

  given& rotate(const std::string& id, rotation_request how = {}) {
    auto& made = *commands_.emplace_back(std::make_unique<given>());
    made.work = std::make_unique<task_group>(loop.get_executor());
    made.work->start(wait_for_report(*daemon, id, how, made));
    time.run_for(std::chrono::seconds{0});
    return made;
  }
  void give_up(given& what) {
    what.work->cancel();
    time.run_for(std::chrono::seconds{0});
  }
  std::size_t rotations_by(trigger why) {
    return status("acme").rotations[static_cast<std::size_t>(why)];
  }

  std::vector<std::unique_ptr<given>> commands_;
};

}  // namespace tokensyncd::sync
