// What the log says of troubles that last, and of their end.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/telemetry/observer.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class lasting_trouble : public testing::Test {
 protected:
  /// A failed check of `workspace`, every minute for so long.
  void fail_checks(std::string_view workspace, std::chrono::minutes length) {
    for (auto passed = 0min; passed <= length; passed += 1min) {
      sync::check_event check{
          .workspace = workspace, .how = sync::poll_result::error, .error = &unreachable_};
      check.error_is_new = passed == 0min;
      observer_.checked(check);
      time_.advance(1min);
    }
  }
  std::size_t lines_of(const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text_.find(what, at)) != std::string::npos; ++at) ++found;
    return found;
  }
  void end_log() { text_ = log_.text(); }

  const failure unreachable_{failure_kind::unreachable, "no connection to api.example"};
  tests::temporary_directory home_;
  asio::io_context loop_;
  tests::hand_clock time_{loop_};
  metrics::daemon_metrics metrics_{"0.1.0", "abc"};
  tests::captured_log log_;
  audit audit_{home_ / "audit.jsonl", time_, log_.get(), metrics_};
  observer observer_{metrics_, log_.get(), audit_, time_};
  revision what_;
  std::string text_;
};

TEST_F(lasting_trouble, of_a_workspace_is_repeated_with_its_count_and_its_end_says_how_long) {
  fail_checks("acme", 61min);
  sync::check_event answered{.workspace = "acme"};
  answered.failed_for = 62min;
  observer_.checked(answered);
  end_log();
  EXPECT_EQ(lines_of("source.failed"), 4U) << "at once, after 5 min, 30 min and an hour";
  EXPECT_THAT(text_, HasSubstr("Workspace 'acme': no connection to api.example; still failing "
                               "after 30 min, failure number 31"));
  EXPECT_THAT(text_, HasSubstr("The API answers for 'acme' again, after 62 min."));
}

TEST_F(lasting_trouble, of_the_api_is_told_once_and_not_of_each_workspace) {
  observer_.upstream_changed({.now = sync::upstream_state::down, .error = &unreachable_});
  for (const char* each : {"a", "b", "c", "d"}) {
    for (int i = 0; i < 450; ++i) {
      observer_.checked({.workspace = each,
                         .how = sync::poll_result::error,
                         .error = &unreachable_,
                         .whose = sync::blame::upstream});
      time_.advance(1s);
    }
  }
  observer_.upstream_changed({.now = sync::upstream_state::normal});
  end_log();
  EXPECT_EQ(lines_of("source.failed"), 0U);
  EXPECT_EQ(lines_of("upstream.down"), 2U) << "at once and after 5 min";
  EXPECT_THAT(text_, HasSubstr("The Partner API answers again, after 30 min."));
}

TEST_F(lasting_trouble, of_the_api_is_told_again_with_a_new_cause_and_each_cause_once) {
  const failure secret{failure_kind::bad_signature, "the Partner API refuses the secret"};
  const failure internal{failure_kind::server_error, "the Partner API has an internal error"};
  sync::upstream_event down;
  down.now = sync::upstream_state::down;
  down.error = &secret;
  observer_.upstream_changed(down);
  for (const failure* why : {&secret, &internal, &internal, &secret}) {
    sync::check_event probe{.workspace = "acme", .how = sync::poll_result::error, .error = why};
    probe.whose = sync::blame::upstream;
    observer_.checked(probe);
  }
  end_log();
  EXPECT_EQ(lines_of("upstream.down"), 2U);
  EXPECT_EQ(lines_of("has an internal error"), 1U);
}

TEST_F(lasting_trouble, of_a_sink_is_repeated_once_for_all_its_workspaces) {
  const failure full{failure_kind::no_space, "the disk is full"};
  for (int minute = 0; minute < 10; ++minute) {
    for (const char* each : {"a", "b"})
      observer_.delivery_failed({each, "files", what_, full, minute == 0 ? 1U : 2U, 1s});
    time_.advance(1min);
  }
  sync::delivery_event there{"a", "files", what_};
  there.failed_for = 10min;
  observer_.delivered(there);
  end_log();
  EXPECT_EQ(lines_of("sink.failed"), 3U) << "of each at once, and once after 5 min";
  EXPECT_THAT(text_, HasSubstr("has the token of 'a', after 10 min of failures."));
}

TEST_F(lasting_trouble, of_a_hook_names_its_sink_and_says_how_long_it_was) {
  const failure ended{failure_kind::program_failed, "it ended with exit code 3"};
  sync::hook_event ran{"files"};
  ran.error = &ended;
  ran.error_is_new = true;
  observer_.hook_ran(ran);
  ran.error_is_new = false;
  time_.advance(6min);
  observer_.hook_ran(ran);
  sync::hook_event well{"files"};
  well.failed_for = 7min;
  observer_.hook_ran(well);
  end_log();
  EXPECT_THAT(text_, HasSubstr("Hook of the sink 'files': it ended with exit code 3; still failing "
                               "after 6 min, failure number 2"));
  EXPECT_THAT(text_, HasSubstr("The hook of the sink 'files' has run, after 7 min of failures."));
}

}  // namespace
}  // namespace tokensyncd::telemetry
