// When a workspace's failure is logged that may be the API's own.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/telemetry/observer_fixture.hpp"

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class held_back : public the_observer {
 protected:
  void fail(std::string_view workspace, sync::blame whose = sync::blame::undecided) {
    observer_->checked({.workspace = workspace,
                        .how = sync::poll_result::error,
                        .error = &broken_,
                        .whose = whose,
                        .error_is_new = true});
  }
  /// An answer about `workspace`, to a call of `length`.
  void answer(std::string_view workspace, std::chrono::nanoseconds length = 1ms) {
    observer_->checked({.workspace = workspace, .duration = length});
  }
  /// What is held now is never logged.
  void down() {
    observer_->upstream_changed({.now = sync::upstream_state::down, .error = &broken_});
  }
  void fail_many() {
    for (const char* each : {"a", "b", "c", "d"}) fail(each);
  }

  const failure broken_{failure_kind::server_error, "The API answered 503."};
};

TEST_F(held_back, is_what_may_be_the_apis_until_another_workspace_is_answered) {
  fail_many();
  time_.advance(2s);
  answer("e");
  EXPECT_EQ(lines_of(log_text(), "source.failed"), 4U);
}

TEST_F(held_back, and_an_answer_to_a_call_from_before_says_nothing) {
  fail_many();
  time_.advance(2s);
  answer("e", 3s);
  down();
  EXPECT_THAT(log_text(), Not(HasSubstr("source.failed")));
}

TEST_F(held_back, is_never_logged_where_the_api_as_a_whole_turns_out_to_be_down) {
  fail_many();
  down();
  fail("e", sync::blame::upstream);
  time_.advance(4min);
  observer_->upstream_changed({.now = sync::upstream_state::normal});
  for (const char* each : {"a", "b", "c", "d", "e"})
    observer_->checked({.workspace = each, .failed_for = 4min});
  const std::string log = log_text();
  EXPECT_THAT(log, Not(HasSubstr("source.")));
  EXPECT_EQ(lines_of(log, "upstream."), 2U) << "its begin and its end";
}

TEST_F(held_back, is_told_after_an_outage_that_it_outlasts) {
  fail("a");
  down();
  observer_->upstream_changed({.now = sync::upstream_state::normal});
  answer("b");
  observer_->checked({.workspace = "a",
                      .how = sync::poll_result::error,
                      .error = &broken_,
                      .whose = sync::blame::workspace});
  observer_->checked({.workspace = "a",
                      .how = sync::poll_result::error,
                      .error = &broken_,
                      .whose = sync::blame::workspace});
  EXPECT_EQ(lines_of(log_text(), "source.failed"), 1U);
}

TEST_F(held_back, are_a_few_for_3_seconds) {
  fail("a");
  time_.advance(2s);
  fail("b");
  time_.advance(1s);
  fail("c", sync::blame::upstream);
  down();
  EXPECT_EQ(lines_of(log_text(), "source.failed"), 1U) << "a";
}

TEST_F(held_back, are_many_for_a_minute) {
  fail_many();
  time_.advance(59s);
  fail("e");
  time_.advance(1s);
  fail("f");
  down();
  EXPECT_EQ(lines_of(log_text(), "source.failed"), 4U);
}

TEST_F(held_back, is_logged_at_the_end) {
  fail("a");
  EXPECT_THAT(log_text(), HasSubstr("Workspace 'a': The API answered 503."));
}

TEST_F(held_back, isnt_what_is_the_workspaces_own) {
  fail("a", sync::blame::workspace);
  down();
  EXPECT_EQ(lines_of(log_text(), "source.failed"), 1U);
}

}  // namespace
}  // namespace tokensyncd::telemetry
