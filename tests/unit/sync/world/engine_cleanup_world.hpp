#pragma once

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {

/// An engine with two workspaces, which can be taken out of its configuration.
struct engine_cleanup : engine_world_test, testing::Test {
  engine_cleanup() {
    add("acme");
    add("bolt");
    api->answers("acme", "a1");
    api->answers("bolt", "b1");
  }
  void remove(std::string_view id) {
    std::erase_if(workspaces, [&](const auto& w) { return w.id == id; });
  }
};

}  // namespace tokensyncd::sync
