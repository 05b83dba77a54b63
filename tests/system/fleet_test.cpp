#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

constexpr unsigned many = 500;

class fleet_test : public testing::Test {
 protected:
  static std::vector<std::string> ids() {
    std::vector<std::string> out;
    for (unsigned i = 1; i <= many; ++i) out.push_back("acme-" + std::to_string(i));
    return out;
  }

  bool all_are_delivered() {
    return eventually([this] {
      for (const auto& [id, token] : api_.tokens())
        if (daemon_.delivered(id) != token) return false;
      return true;
    });
  }

  sandbox api_{{.prefix = "acme-", .count = many, .more = {"--with-tokens"}}};
  daemon daemon_{api_, {.workspaces = ids()}};
};

TEST_F(fleet_test, brings_five_hundred_tokens_into_files_and_shows_it) {
  daemon_.start();
  EXPECT_TRUE(all_are_delivered());
  EXPECT_TRUE(eventually([this] { return daemon_.is_ready(); }));
  EXPECT_EQ(daemon_.metric("tokensyncd_workspaces{state=\"ok\"}"), many);
  EXPECT_EQ(daemon_.metric("tokensyncd_sink_out_of_sync_workspaces{sink=\"files\"}"), 0);
  EXPECT_EQ(api_.count("requests"), many);
  EXPECT_LE(api_.count("peak_connections_open"), 4U);
}

TEST_F(fleet_test, notices_every_rotation_under_load_and_asks_for_one_workspace_once_at_a_time) {
  auto options = daemon_.options();
  options.interval = "1s";
  daemon_.configure(options);
  daemon_.start();
  ASSERT_TRUE(all_are_delivered());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(api_.rotate_all("acme-"), many);
    EXPECT_TRUE(all_are_delivered());
  }
  EXPECT_TRUE(eventually(
      [this] { return daemon_.metric("tokensyncd_token_generation{workspace=\"acme-7\"}") >= 4; }));
  for (const auto* id : {"acme-1", "acme-250", "acme-500"})
    EXPECT_EQ(api_.count(id, "peak_in_flight"), 1U) << id;
}

TEST_F(fleet_test, writes_nothing_after_a_restart_when_nothing_was_rotated) {
  const auto stamps = [this] {
    std::map<std::string, std::pair<ino_t, std::int64_t>> out;
    for (const auto& id : ids()) {
      struct stat facts{};
      EXPECT_EQ(::stat(daemon_.token_file(id).c_str(), &facts), 0) << id;
      out[id] = {facts.st_ino, facts.st_ctim.tv_sec * 1'000'000'000 + facts.st_ctim.tv_nsec};
    }
    return out;
  };
  daemon_.start();
  ASSERT_TRUE(all_are_delivered());
  ASSERT_TRUE(eventually([this] { return daemon_.is_ready(); }));
  const auto before = stamps();
  EXPECT_EQ(daemon_.stop(), 0);
  api_.forget_log();
  daemon_.start();
  (void)daemon_.ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([this] { return api_.answered("GET token 200") >= many; }));
  ASSERT_TRUE(eventually([this] { return daemon_.is_ready(); }));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_EQ(stamps(), before);
}

}  // namespace
}  // namespace tokensyncd::tests
