#include <cstdint>
#include <string>

#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

TEST_F(system_test, retry_after_is_respected_by_everybody) {
  api_.add("beta");
  auto options = daemon_.options();
  options.workspaces.push_back("beta");
  options.interval = "1s";
  daemon_.configure(options);
  daemon_.start();
  ASSERT_TRUE(is_delivered("beta"));
  api_.when_anyone().answer(429, "too_many").retry_after("3").times(2);
  ASSERT_TRUE(eventually([this] { return api_.answered("GET token 429") >= 2; }));
  const auto answered = api_.count("requests");
  ASSERT_TRUE(eventually([&] { return api_.count("requests") >= answered + 2; }));
  std::int64_t refused_at = 0;
  // Calls that were under way already may still come in right after.
  constexpr std::int64_t in_flight = 200'000'000;
  for (const auto& one : api_.log()) {
    if (one.status == 429) refused_at = one.at_ns;
    const auto since = one.at_ns - refused_at;
    if (refused_at != 0 && since > in_flight) {
      EXPECT_GE(since, 3'000'000'000);
    }
  }
}

TEST_F(system_test, a_throttle_of_one_workspace_pauses_that_one_alone) {
  api_.add("beta");
  auto options = daemon_.options();
  options.workspaces.push_back("beta");
  options.interval = "1s";
  daemon_.configure(options);
  daemon_.start();
  ASSERT_TRUE(is_delivered("beta"));
  api_.when("acme").answer(429, "too_many").retry_after("600").times(1);
  ASSERT_TRUE(eventually([this] { return api_.answered("GET token 429") == 1; }));
  const auto asked = api_.log("acme").size();
  for (int round = 0; round < 3; ++round) {
    api_.rotate("beta");
    EXPECT_TRUE(is_delivered("beta"));
  }
  EXPECT_EQ(api_.log("acme").size(), asked);
  EXPECT_EQ(daemon_.status("acme").at("state"), "stale");
}

TEST_F(system_test, a_new_partner_secret_is_taken_when_its_file_changes_before_anybody_needs_it) {
  write_file(daemon_.secret_file(), "not the sandbox's secret\n");
  EXPECT_TRUE(daemon_.says("its new content is used from now on"));
  sync("acme");
  EXPECT_TRUE(eventually([this] { return polls("denied") >= 1; }));
  EXPECT_EQ(daemon_.all_output().find("not the sandbox's secret"), std::string::npos);
}

TEST_F(system_test, a_gone_workspace_keeps_its_file_is_named_and_comes_back) {
  const auto token = daemon_.delivered("acme");
  api_.remove("acme");
  sync("acme");
  EXPECT_TRUE(eventually([this] { return daemon_.status("acme").at("state") == "gone"; }));
  EXPECT_EQ(daemon_.metric("tokensyncd_workspaces{state=\"gone\"}"), 1);
  EXPECT_EQ(daemon_.delivered("acme"), token);
  api_.add("acme");
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(eventually([this] { return daemon_.status("acme").at("state") == "ok"; }));
}

TEST_F(system_test, a_clock_that_is_hours_off_is_corrected_from_the_answers) {
  for (const int skew : {7200, -7200}) {
    api_.set({{"clock_offset_s", skew}});
    api_.rotate("acme");
    sync("acme");
    EXPECT_TRUE(is_delivered("acme")) << skew;
    EXPECT_NEAR(daemon_.metric("tokensyncd_source_clock_skew_seconds"), skew, 5);
  }
}

TEST_F(system_test, a_new_partner_secret_is_taken_without_a_restart) {
  api_.set({{"partner_secret", "the-new-partner-secret"}});
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(eventually([this] { return api_.answered("GET token 401") >= 1; }));
  EXPECT_NE(daemon_.delivered("acme"), api_.token("acme"));
  write_file(daemon_.secret_file(), "the-new-partner-secret\n");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(daemon_.running().is_running());
}

}  // namespace
}  // namespace tokensyncd::tests
