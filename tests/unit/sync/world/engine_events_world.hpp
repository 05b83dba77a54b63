#pragma once

#include <chrono>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {

/// One workspace that is polled once a day, so that what happens before was brought by an event.
struct engine_events : engine_world_test, testing::Test {
  engine_events() {
    add("acme", {0}, std::chrono::hours{24});
    api->answers("acme", "one");
  }
  void begin() {
    start();
    time.run_for(std::chrono::seconds{1});
    api->log.clear();
  }
  task<> rotate_acme() {
    const rotation_request at_once;
    const auto report = co_await daemon->rotate("acme", at_once);
    EXPECT_EQ(report.how, rotation_end::rotated);
  }
  void rotate_and_tell() {
    api->answers("acme", "two");
    EXPECT_TRUE(daemon->event("acme", false));
  }
};

}  // namespace tokensyncd::sync
