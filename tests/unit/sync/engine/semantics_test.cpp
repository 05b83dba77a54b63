// What is a change, what is stale, what is no information.
#include <chrono>
#include <string>

#include <gmock/gmock.h>

#include "tests/support/times.hpp"
#include "tests/unit/sync/world/engine_semantics_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

TEST_F(engine_semantics, delivers_a_first_token_at_once_and_calls_it_no_rotation) {
  start();
  EXPECT_EQ(file("acme"), "one");
  EXPECT_THAT(seen.lines, Contains("first acme 0->1 startup"));
  EXPECT_THAT(seen.lines, Contains("delivered acme files 1 written"));
  EXPECT_EQ(seen.count("rotated"), 0U);
}

TEST_F(engine_semantics, delivers_a_rotation_with_the_next_poll) {
  start();
  api->answers("acme", "two", noon);
  time.run_for(90s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 poll"));
  EXPECT_THAT(seen.lines, Contains("delivered acme files 2 written propagated"));
  EXPECT_EQ(status("acme").rotations[static_cast<std::size_t>(trigger::poll)], 1U);
}

TEST_F(engine_semantics, asks_without_needing_the_token_while_all_is_in_sync) {
  start();
  time.run_for(10min);
  EXPECT_GE(api->log.size(), 9U);
  EXPECT_TRUE(api->log[0].needs_token);
  for (std::size_t i = 1; i < api->log.size(); ++i) EXPECT_FALSE(api->log[i].needs_token);
  EXPECT_EQ(files->attempts, 1U);
}

TEST_F(engine_semantics, rotated_at_that_moves_for_the_same_token_is_a_rotation) {
  api->answers("acme", "one", noon);
  start();
  api->answers("acme", "one", noon + 1h);
  time.run_for(90s);
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 poll"));
  EXPECT_THAT(seen.lines, Contains("delivered acme files 2 unchanged propagated"));
}

TEST_F(engine_semantics, rotated_at_that_appears_is_filled_in_without_a_delivery) {
  start();
  api->answers("acme", "one", noon);
  time.run_for(90s);
  EXPECT_THAT(seen.lines, Contains("filled_in acme 1->1 poll"));
  EXPECT_EQ(files->attempts, 1U);
  EXPECT_EQ(status("acme").wanted.rotated_at, noon);
  EXPECT_EQ(state.workspaces["acme"].wanted.rotated_at, noon);
}

TEST_F(engine_semantics, another_token_with_an_older_time_is_delivered_and_told) {
  api->answers("acme", "one", noon);
  start();
  api->answers("acme", "two", noon - 1h);
  time.run_for(90s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_THAT(seen.lines, Contains("rotated acme 1->2 poll went_back"));
}

TEST_F(engine_semantics, a_stale_answer_is_asked_for_again_quickly_and_never_delivered) {
  start();
  api->answers("acme", "two");
  time.run_for(90s);
  api->answers("acme", "one");
  while (seen.count("stale") == 0) time.run_for(1s);
  const auto asked = api->log.size();
  time.run_for(4s);
  EXPECT_GE(api->log.size(), asked + 3);
  api->answers("acme", "two");
  time.run_for(90s);
  EXPECT_EQ(file("acme"), "two");
  EXPECT_EQ(files->writes.size(), 2U);
  EXPECT_EQ(status("acme").wanted.generation, 2U);
}

TEST_F(engine_semantics, a_stale_answer_is_believed_after_a_minute_of_agreement) {
  start();
  api->answers("acme", "two");
  time.run_for(90s);
  api->answers("acme", "one");
  while (seen.count("stale") == 0) time.run_for(1s);
  time.run_for(55s);
  EXPECT_EQ(file("acme"), "two");
  time.run_for(15s);
  EXPECT_EQ(file("acme"), "one");
  EXPECT_THAT(seen.lines, Contains("rotated acme 2->3 poll"));
}

TEST_F(engine_semantics, delivers_a_token_whose_rotated_at_is_no_time_and_warns_once) {
  start();
  api->without_time.insert("acme");
  for (const auto* token : {"two", "three"}) {
    api->answers("acme", token);
    time.run_for(11min);
    EXPECT_EQ(file("acme"), token);
    EXPECT_EQ(status("acme").wanted.rotated_at, std::nullopt);
  }
  EXPECT_EQ(seen.count("no time acme"), 2U);
  EXPECT_EQ(seen.count("new: no time acme"), 1U);
  api->without_time.clear();
  time.run_for(90s);
  api->without_time.insert("acme");
  time.run_for(90s);
  EXPECT_EQ(seen.count("new: no time acme"), 2U) << "it was a time between";
}

TEST_F(engine_semantics, tells_times_of_any_year_without_an_overflow) {
  start();
  for (const auto* when : {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    const auto rotated_at = *parse_rfc3339(when);
    api->answers("acme", when, rotated_at);
    time.run_for(90s);
    EXPECT_EQ(file("acme"), when);
    EXPECT_EQ(status("acme").wanted.rotated_at, rotated_at);
    EXPECT_EQ(state.workspaces["acme"].wanted.rotated_at, rotated_at);
  }
}

TEST_F(engine_semantics, tells_once_when_every_workspace_is_denied) {
  for (const auto* id : {"beta", "delta", "gamma"}) {
    add(id);
    api->answers(id, "one");
  }
  start();
  api->fails("delta", failure_kind::gone);
  for (const auto* id : {"gamma", "acme"}) api->fails(id, failure_kind::denied);
  time.run_for(5min);
  EXPECT_EQ(seen.count("denied all"), 0U) << "beta isn't";
  api->fails("beta", failure_kind::denied);
  time.run_for(5min);
  EXPECT_EQ(seen.count("denied all 3"), 1U) << "but for the one that is gone";
  for (const auto* id : {"acme", "beta", "gamma"}) api->answers(id, "one");
  time.run_for(5min);
  for (const auto* id : {"acme", "beta", "gamma"}) api->fails(id, failure_kind::denied);
  time.run_for(5min);
  EXPECT_EQ(seen.count("denied all 3"), 2U);
}

TEST_F(engine_semantics, says_nothing_more_where_the_only_workspace_is_denied) {
  api->fails("acme", failure_kind::denied);
  start();
  time.run_for(5min);
  EXPECT_EQ(seen.count("denied all"), 0U);
}

TEST_F(engine_semantics, no_failure_changes_a_sink) {
  start();
  for (const auto kind :
       {failure_kind::unreachable, failure_kind::tls, failure_kind::timed_out, failure_kind::cut,
        failure_kind::malformed, failure_kind::too_large, failure_kind::throttled,
        failure_kind::edge_refused, failure_kind::server_error, failure_kind::bad_signature,
        failure_kind::unauthorized, failure_kind::clock_skew, failure_kind::partner_refused,
        failure_kind::request_refused, failure_kind::denied, failure_kind::gone,
        failure_kind::invalid}) {
    const auto asked = api->log.size();
    api->fails("acme", kind);
    time.run_for(3min);
    EXPECT_GT(api->log.size(), asked) << to_string(kind);
    EXPECT_EQ(file("acme"), "one") << to_string(kind);
    EXPECT_EQ(files->attempts, 1U) << to_string(kind);
    api->answers("acme", "one");
    time.run_for(3min);
    EXPECT_EQ(status("acme").state, workspace_state::ok) << to_string(kind);
  }
}

TEST_F(engine_semantics, gone_is_listed_and_asked_again_only_at_its_interval) {
  api->fails("acme", failure_kind::gone);
  start();
  time.run_for(10min);
  EXPECT_EQ(status("acme").state, workspace_state::gone);
  EXPECT_LE(api->log.size(), 11U);
  EXPECT_FALSE(daemon->ready(30s, {}).ready) << "nobody has a token";
  add("beta");
  api->answers("beta", "one");
  daemon->reload(setup());
  time.run_for(1s);
  EXPECT_TRUE(daemon->ready(30s, {}).ready) << "beside others it doesn't count for readiness";
}

TEST_F(engine_semantics, drift_is_repaired_without_a_rotation) {
  start();
  files->content.erase("files/acme");
  files->drifted.insert("files/acme");
  time.run_for(61s);
  EXPECT_EQ(file("acme"), "one");
  EXPECT_THAT(seen.lines, Contains("drifted acme files"));
  EXPECT_THAT(seen.lines, Contains("delivered acme files 1 repaired"));
}

TEST_F(engine_semantics, plan_tells_without_changing_anything) {
  add("new");
  api->answers("new", "x");
  start();
  api->answers("acme", "two");
  const auto writes = files->writes;
  std::vector<planned> lines;
  task_group asking(loop.get_executor());
  const std::vector<std::string> all;
  auto ask = [&]() -> task<> { lines = co_await daemon->plan(all); };
  asking.start(ask());
  time.run_for(0s);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].what, planned::action::write);
  EXPECT_EQ(lines[0].wanted, prints.of("two"));
  EXPECT_EQ(lines[0].there, prints.of("one"));
  EXPECT_EQ(lines[1].what, planned::action::none);
  EXPECT_EQ(lines[0].why, "");
  lines.clear();
  files->obstacles = {"files/acme", "files/new"};
  asking.start(ask());
  time.run_for(0s);
  EXPECT_EQ(lines[0].what, planned::action::write);
  EXPECT_NE(lines[0].why, "") << "it could not be written";
  EXPECT_EQ(lines[1].why, "") << "nothing is to be written";
  files->obstacles.clear();
  lines.clear();
  files->drifted.insert("files/new");
  asking.start(ask());
  time.run_for(0s);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].what, planned::action::repair);
  lines.clear();
  files->unseen.insert("files/new");
  asking.start(ask());
  time.run_for(0s);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].what, planned::action::write) << "that it differs is known all the same";
  EXPECT_EQ(lines[1].what, planned::action::unknown);
  EXPECT_EQ(files->writes, writes);
  EXPECT_EQ(status("acme").wanted.generation, 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
