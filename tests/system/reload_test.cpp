#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>

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
  EXPECT_TRUE(daemon_.says("config.rejected"));
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

TEST_F(system_test, a_warning_is_logged_by_the_reload_that_finds_it_and_not_by_the_next_ones) {
  auto options = daemon_.options();
  options.more = "workspace_files: [workspaces.d/*.yaml]\n";
  std::filesystem::create_directory(daemon_.directory() / "workspaces.d");
  daemon_.configure(options);
  const auto warnings = [this] {
    const auto said = daemon_.running().errors();
    std::size_t count = 0;
    for (auto at = said.find("no file matches"); at != std::string::npos;
         at = said.find("no file matches", at + 1))
      ++count;
    return count;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return warnings() == 1; }));
  }
  EXPECT_EQ(daemon_.stop(), 0);
  const auto all = daemon_.all_output();
  EXPECT_EQ(all.find("no file matches"), all.rfind("no file matches"));
}

}  // namespace
}  // namespace tokensyncd::tests
