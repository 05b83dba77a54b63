#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "tests/system/vault_fixture.hpp"

namespace tokensyncd::tests {

/// What holds for the stand-in and for a real server, which is passed over, aloud, where there is
/// none.
class vault_suite : public testing::TestWithParam<vault_kind> {
 protected:
  void SetUp() override {
    if (GetParam() == vault_kind::real && !real_vault())
      GTEST_SKIP()
          << "neither vault nor bao is on PATH, and OpenBao can't be had from PyPI: not run "
             "against a real server";
    world_ = std::make_unique<vault_world>(vault_options{.kind = GetParam()});
  }

  /// For what a server can do since Vault 1.9: passed over, aloud, below.
  void needs_custom_metadata() {
    if (!world_->vault_.has_custom_metadata())
      GTEST_SKIP() << "this server is older than Vault 1.9: it has no custom metadata";
  }

  void start() {
    world_->daemon_->start();
    ASSERT_TRUE(world_->gets("acme") && world_->gets("beta"));
    ASSERT_TRUE(eventually([&] { return world_->daemon_->is_ready(); }));
  }

  std::unique_ptr<vault_world> world_;
};

inline std::string name_of_kind(const testing::TestParamInfo<vault_kind>& kind) {
  return kind.param == vault_kind::real ? "a_real_server" : "the_stand_in";
}

}  // namespace tokensyncd::tests
