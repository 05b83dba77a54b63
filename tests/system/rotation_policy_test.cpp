// Rotations for a token's age by the daemon as operators run it.
#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "tests/system/programs_world.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class rotation_policy_test : public programs_world {
 protected:
  rotation_policy_test() {
    options_.more =
        "audit: {file: audit.jsonl}\n"
        "workspace_defaults: {rotation: {max_age: 1h, window: \"00:00-24:00 UTC\", "
        "at_most: 1 per minute}}\n";
    daemon_.configure(options_);
    api_.set({{"rotated_at_on_get", "last"}});
    is_rotated_ago("acme", std::chrono::minutes{61});
    is_rotated_ago("beta", std::chrono::minutes{2});
  }
  void is_rotated_ago(const std::string& workspace, std::chrono::microseconds age) {
    const auto when = std::chrono::system_clock::now().time_since_epoch() - age;
    api_.change(workspace, {{"token", workspace + "-token-of-old"},
                            {"rotated_at_us",
                             std::chrono::duration_cast<std::chrono::microseconds>(when).count()}});
  }
};

TEST_F(rotation_policy_test, replaces_the_token_that_is_over_its_age_and_no_other) {
  daemon_.start();
  EXPECT_TRUE(eventually([&] { return api_.count("acme", "posts") == 1; }));
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(is_delivered("beta"));
  EXPECT_EQ(api_.count("beta", "posts"), 0U);
  EXPECT_TRUE(eventually([&] {
    return daemon_.command({"status"}).output.find("next rotation by policy: beta in ") !=
           std::string::npos;
  }));
  const std::string audit = read_if_there(daemon_.directory() / "audit.jsonl");
  EXPECT_THAT(audit, HasSubstr(R"("step":"asking","asked_by":"policy")"));
  EXPECT_GT(daemon_.metric("tokensyncd_rotation_policy_next_timestamp_seconds"), 1.7e9);
}

TEST_F(rotation_policy_test, stops_where_the_api_refuses_and_goes_on_after_a_reload) {
  api_.when("acme").method("POST").times(1).answer(403);
  daemon_.start();
  EXPECT_TRUE(
      eventually([&] { return daemon_.metric("tokensyncd_rotation_policy_stopped") == 1; }));
  const auto status = daemon_.command({"status"}).output;
  EXPECT_THAT(status, HasSubstr("rotation policy stopped"));
  EXPECT_THAT(status, Not(HasSubstr("next rotation")));
  EXPECT_EQ(api_.count("acme", "posts"), 0U);
  EXPECT_EQ(daemon_.command({"reload"}).exit_code, 0);
  EXPECT_TRUE(eventually([&] { return api_.count("acme", "posts") == 1; }));
  EXPECT_EQ(daemon_.metric("tokensyncd_rotation_policy_stopped"), 0);
}

}  // namespace
}  // namespace tokensyncd::tests
