// `verify` and `partner.verify: after`: whether what was delivered works.
#include <cstdint>
#include <string>

#include <gmock/gmock.h>

#include "tests/system/programs_world.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class verify_test : public programs_world {
 protected:
  void begin() {
    daemon_.start();
    ASSERT_TRUE(is_delivered("acme"));
    ASSERT_TRUE(is_delivered("beta"));
  }
  std::uint64_t asked_of_public_api() {
    return api_.answered("GET public 200") + api_.answered("GET public 401");
  }
};

TEST_F(verify_test, says_of_each_delivered_token_that_it_works_and_never_asks_by_itself) {
  begin();
  EXPECT_EQ(asked_of_public_api(), 0U);
  const auto done = daemon_.command({"verify"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(done.output, "2 of 2 delivered tokens work\n");
  EXPECT_EQ(asked_of_public_api(), 2U);
  daemon_.stop();
  const auto alone = daemon_.command({"verify", "beta"});
  EXPECT_EQ(alone.output, "1 of 1 delivered tokens work\n") << alone.errors;
  EXPECT_EQ(asked_of_public_api(), 3U);
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(api_.token("acme"))));
}

TEST_F(verify_test, knows_no_other_workspace_with_or_without_a_daemon) {
  EXPECT_EQ(daemon_.command({"verify", "nobody"}).exit_code, 64);
  begin();
  const auto done = daemon_.command({"verify", "nobody"});
  EXPECT_EQ(done.exit_code, 64);
  EXPECT_THAT(done.errors, HasSubstr("no workspace nobody"));
}

TEST_F(verify_test, finds_a_token_that_was_rotated_behind_our_back_and_brings_the_new_one) {
  begin();
  api_.rotate("acme");
  const auto done = daemon_.command({"verify"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.output, HasSubstr("1 of 2 delivered tokens work"));
  EXPECT_THAT(done.output, HasSubstr("acme       not delivered"));
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(asked_of_public_api(), 1U) << "it need not be asked about what is known";
}

TEST_F(verify_test, only_a_401_means_that_a_token_does_not_work) {
  begin();
  api_.when_anyone().endpoint("public").answer(403, "html").times(1);
  const auto pending = daemon_.command({"verify", "acme"});
  EXPECT_EQ(pending.exit_code, 1);
  EXPECT_THAT(pending.output, HasSubstr("cannot tell"));
  EXPECT_TRUE(daemon_.status("acme").at("last_error").is_null());

  api_.when_anyone().endpoint("public").answer(401, "public").times(1);
  const auto before = api_.count("acme", "gets");
  const auto refused = daemon_.command({"verify", "acme"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("does not work"));
  EXPECT_THAT(daemon_.status("acme").at("last_error").as_string().c_str(), HasSubstr("refuses"));
  EXPECT_TRUE(eventually([&] { return api_.count("acme", "gets") >= before + 2; }))
      << "one GET of the command's, one because of what it found";
}

TEST_F(verify_test, after_each_rotation_where_it_is_configured) {
  options_.partner_more = "verify: after\n";
  daemon_.configure(options_);
  begin();
  EXPECT_EQ(asked_of_public_api(), 0U) << "what is there at the start is no rotation";
  api_.rotate("acme");
  (void)daemon_.ask("/-/sync/acme", "POST");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(eventually([&] { return asked_of_public_api() == 1; }));
  EXPECT_EQ(api_.answered("GET public 200"), 1U);
  daemon_.running().wait_for_line("token.verified");
}

}  // namespace
}  // namespace tokensyncd::tests
