#pragma once

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {

/// An engine with one workspace that the API knows.
struct engine_semantics : engine_world_test, testing::Test {
  engine_semantics() {
    add("acme");
    api->answers("acme", "one");
  }
};

}  // namespace tokensyncd::sync
