#include "daemon/commands/verify/verify_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::commands {
namespace {

using namespace control;

using state = sync::verified_token::state;
using testing::HasSubstr;

TEST(verify_report, comes_back_from_json_as_it_was) {
  const auto lines =
      verify_lines({{"a", state::works, ""}, {"b\"", state::not_delivered, "it is due"}});
  const auto back = read_verify(write_verify(lines));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ((*back)[1].workspace, "b\"");
  EXPECT_EQ((*back)[1].state, "not_delivered");
  EXPECT_EQ((*back)[1].why, "it is due");
  EXPECT_FALSE(read_verify("[]"));
}

TEST(verify_report, shows_those_that_do_not_work_and_counts_the_others) {
  const auto lines = verify_lines({{"a", state::works, ""},
                                   {"b", state::refused, "HTTP 401"},
                                   {"c", state::unknown, "HTTP 403"},
                                   {"d", state::not_seen_yet, "never asked"}});
  const auto text = render_verify(lines);
  EXPECT_THAT(text, HasSubstr("1 of 4 delivered tokens work; 1 could not be checked\n"));
  EXPECT_THAT(text, HasSubstr("does not work"));
  EXPECT_THAT(text, HasSubstr("cannot tell"));
  EXPECT_THAT(text, HasSubstr("not seen yet"));
  EXPECT_EQ(exit_code_of(lines), exit_code::no);
}

TEST(verify_report, is_0_when_all_work_and_1_for_everything_else) {
  EXPECT_EQ(exit_code_of({}), exit_code::ok);
  EXPECT_EQ(exit_code_of(verify_lines({{"a", state::works, ""}})), exit_code::ok);
  for (const auto how :
       {state::refused, state::unknown, state::not_delivered, state::not_seen_yet}) {
    EXPECT_EQ(exit_code_of(verify_lines({{"a", how, ""}})), exit_code::no);
  }
}

}  // namespace
}  // namespace tokensyncd::commands
