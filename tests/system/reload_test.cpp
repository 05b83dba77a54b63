#include <csignal>

#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

TEST_F(system_test, a_reload_with_a_bad_file_changes_nothing_and_says_where_it_is_wrong) {
  const auto good = daemon_.options();
  auto bad = good;
  bad.workspaces = {"acme", "beta"};
  bad.more = "pol: {interval: 1s}\n";
  api_.add("beta");
  daemon_.configure(bad);
  daemon_.running().signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [this] { return daemon_.all_output().find("config.rejected") != std::string::npos; }));
  EXPECT_EQ(daemon_.metric("tokensyncd_config_last_reload_successful"), 0);
  EXPECT_NE(daemon_.all_output().find("tokensyncd.yaml:"), std::string::npos);
  EXPECT_EQ(api_.count("beta", "gets"), 0U);
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));

  bad.more.clear();
  daemon_.configure(bad);
  daemon_.running().signal(SIGHUP);
  EXPECT_TRUE(eventually([this] { return !daemon_.delivered("beta").empty(); }));
  EXPECT_EQ(daemon_.metric("tokensyncd_config_last_reload_successful"), 1);
}

}  // namespace
}  // namespace tokensyncd::tests
