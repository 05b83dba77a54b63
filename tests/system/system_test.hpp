#pragma once

#include <string>

#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {

/// A daemon that runs against a sandbox with one workspace, `acme`, whose token is delivered.
class system_test : public testing::Test {
 protected:
  void SetUp() override {
    api_.rotate("acme");
    daemon_.start();
    ASSERT_TRUE(is_delivered("acme"));
  }

  /// Has a workspace checked now.
  void sync(const std::string& workspace) { (void)daemon_.ask("/-/sync/" + workspace, "POST"); }

  /// Waits until the file holds what the API has.
  bool is_delivered(const std::string& workspace) {
    return eventually([&] { return daemon_.delivered(workspace) == api_.token(workspace); });
  }

  /// How many checks ended so.
  double polls(const std::string& result) {
    return daemon_.metric("tokensyncd_source_polls_total{result=\"" + result + "\"}");
  }

  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}}};
};

}  // namespace tokensyncd::tests
