// What is taken away when a workspace leaves, and what is somebody else's.
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/vault/sink_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto delete_path = "secret/delete/t/acme";
const std::string ours = holds(R"({"token":"one"})", 1);

TEST_F(vault_sink_alone, deletes_the_version_that_it_found_by_its_number) {
  write_first();
  vault_.now_on(data, {200, ours});
  vault_.now_on(delete_path, {204, ""});
  EXPECT_EQ(withdraw(present_->tag), "");
  const auto asked = vault_.asked(delete_path);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_THAT(asked[0], HasSubstr("POST "));
  EXPECT_THAT(asked[0], HasSubstr(R"({"versions":[1]})"));
  EXPECT_THAT(vault_.asked(data), Each(Not(HasSubstr("DELETE "))))
      << "which would take what somebody has written since";
}

TEST_F(vault_sink_alone, deletes_the_newest_version_where_the_policy_grants_only_that) {
  write_first();
  for (const tests::scripted_vault::scene& no : {tests::scripted_vault::scene{403, forbidden},
                                                 tests::scripted_vault::scene{405, "<html>"}}) {
    vault_.now_on(delete_path, no);
    vault_.now_on(data, {200, ours});
    vault_.on(data, {200, ours});
    vault_.on(data, {204, ""});
    EXPECT_EQ(withdraw(present_->tag), "");
    EXPECT_THAT(vault_.asked(data).back(), HasSubstr("DELETE "));
  }
}

TEST_F(vault_sink_alone, keeps_a_version_that_came_before_it_could_delete_the_newest) {
  write_first();
  vault_.now_on(delete_path, {403, forbidden});
  vault_.now_on(data, {200, ours});
  vault_.on(data, {200, holds(R"({"theirs":"written by a person"})", 2)});
  EXPECT_THAT(withdraw(present_->tag), HasSubstr("so it is kept"));
  EXPECT_THAT(vault_.asked(data), Each(Not(HasSubstr("DELETE "))));
}

TEST_F(vault_sink_alone, knows_what_a_write_without_an_answer_may_have_left) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, "", {}, true});
  vault_.on(data, {500, R"({"errors":["internal error"]})"});
  ASSERT_NE(deliver("one"), "");
  ASSERT_NE(uncertain_, sync::etag{});
  vault_.now_on(data, {200, ours});
  vault_.now_on(delete_path, {204, ""});
  EXPECT_EQ(withdraw(uncertain_), "");
  EXPECT_EQ(vault_.count(delete_path), 1U);
}

TEST_F(vault_sink_alone, has_left_nothing_where_nothing_can_have_been_done) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {403, forbidden});
  ASSERT_NE(deliver("one"), "");
  EXPECT_EQ(uncertain_, sync::etag{});
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
