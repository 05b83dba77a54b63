// When workspaces are asked about: spread, budget, throttles, outages, fairness.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using testing::Contains;

struct engine_schedule : engine_world_test, testing::Test {
  void add_many(int count, std::chrono::milliseconds interval = 60s) {
    for (int i = 0; i < count; ++i) {
      const std::string id = "w" + std::to_string(1000 + i);
      add(id, {0}, interval);
      api->answers(id, "token of " + id);
    }
  }
  [[nodiscard]] std::size_t most_in(std::chrono::milliseconds window, steady_time from) const {
    std::map<std::int64_t, std::size_t> counts;
    for (const auto& each : api->log) {
      if (each.when >= from) ++counts[(each.when - from) / window];
    }
    std::size_t most = 0;
    for (const auto& [slot, count] : counts) most = std::max(most, count);
    return most;
  }
};

TEST_F(engine_schedule, asks_each_workspace_once_an_interval_all_day_without_drift) {
  add_many(20);
  start();
  time.run_for(24h);
  for (const auto& w : workspaces) {
    EXPECT_GE(api->count(w.id), 1440U);
    EXPECT_LE(api->count(w.id), 1442U);
  }
}

TEST_F(engine_schedule, spreads_what_is_in_sync_over_the_interval_after_a_restart) {
  add_many(600);
  start();
  stop();
  api->log.clear();
  const auto from = time.now();
  start();
  time.run_for(60s);
  EXPECT_LE(most_in(1s, from), 30U) << "600 over 60 s";
}

TEST_F(engine_schedule, never_exceeds_the_rate_limit_even_at_start) {
  rate_limit = 20;
  add_many(200);
  start();
  time.run_for(8s);
  EXPECT_LE(api->log.size(), 8U * 20 + 10);
  time.run_for(4s);
  EXPECT_EQ(daemon->fleet().workspaces[static_cast<std::size_t>(workspace_state::ok)], 200U);
}

TEST_F(engine_schedule, a_throttle_pauses_everybody_then_goes_on_at_half_the_rate) {
  rate_limit = 20;
  add_many(100);
  start();
  time.run_for(2min);
  for (const auto& w : workspaces) api->fails(w.id, failure_kind::throttled, 30s);
  while (seen.count("upstream throttled") == 0) time.run_for(100ms);
  for (const auto& w : workspaces) api->answers(w.id, "token of " + w.id);
  const auto asked = api->log.size();
  time.run_for(29s);
  EXPECT_EQ(api->log.size(), asked);
  EXPECT_TRUE(daemon->fleet().throttled_until);
  time.run_for(2s);
  EXPECT_GT(api->log.size(), asked);
  EXPECT_THAT(seen.lines, Contains("upstream normal"));
}

TEST_F(engine_schedule, an_outage_is_probed_by_one_and_what_is_overdue_goes_out_when_it_ends) {
  add_many(100);
  start();
  for (const auto& w : workspaces) api->fails(w.id, failure_kind::unreachable);
  time.run_for(1min);
  const auto begin = api->log.size();
  time.run_for(10min);
  EXPECT_LE(api->log.size() - begin, 25U) << "one probe in 30 s";
  EXPECT_EQ(status(api->log.back().workspace).state, workspace_state::stale);
  for (const auto& w : workspaces) api->answers(w.id, "new of " + w.id);
  time.run_for(31s);
  for (const auto& w : workspaces) EXPECT_EQ(file(w.id), "new of " + w.id);
}

TEST_F(engine_schedule, an_outage_tells_when_the_next_probe_goes_also_while_others_are_asked) {
  add_many(4);
  for (const auto& w : workspaces) api->fails(w.id, failure_kind::unreachable);
  start();
  while (seen.count("upstream down") == 0) time.run_for(10ms);
  const auto next_probe = seen.paused_until.front();
  ASSERT_TRUE(next_probe);
  EXPECT_GT(*next_probe, time.wall() - 10ms);
  EXPECT_LT(*next_probe, time.wall() + 1min);
  EXPECT_EQ(daemon->fleet().next_probe, next_probe);
}

TEST_F(engine_schedule, what_may_be_put_right_is_tried_at_once) {
  add_many(4);
  start();
  for (const auto& w : workspaces) api->fails(w.id, failure_kind::bad_signature);
  time.run_for(10min);
  for (const auto& w : workspaces) api->answers(w.id, "new of " + w.id);
  // A reload comes a second after a probe at least, and long before the next one.
  while (*daemon->fleet().next_probe - time.wall() > 20s) time.run_for(1s);
  time.run_for(2s);
  ASSERT_TRUE(daemon->fleet().api);
  daemon->ask_api_again();
  time.run_for(0s);
  EXPECT_FALSE(daemon->fleet().api);
}

TEST_F(engine_schedule, a_failing_workspace_costs_one_quick_retry_and_then_its_interval) {
  add_many(2);
  start();
  api->fails("w1000", failure_kind::malformed);
  const auto begin = api->count("w1000");
  time.run_for(30min);
  EXPECT_LE(api->count("w1000") - begin, 32U);
  EXPECT_EQ(status("w1000").state, workspace_state::stale);
  EXPECT_EQ(status("w1001").state, workspace_state::ok);
}

TEST_F(engine_schedule, those_that_hang_leave_three_quarters_of_the_workers_to_the_others) {
  workers = 8;
  add_many(20);
  start();
  for (int i = 0; i < 10; ++i) api->fails("w" + std::to_string(1000 + i), failure_kind::timed_out);
  time.run_for(5min);
  for (int i = 10; i < 20; ++i) {
    EXPECT_GE(api->count("w" + std::to_string(1000 + i)), 4U);
  }
}

TEST_F(engine_schedule, sync_makes_all_due_now_and_coalesces_with_what_is_in_flight) {
  add_many(5);
  start();
  const auto begin = api->log.size();
  EXPECT_EQ(daemon->sync(), 5U);
  EXPECT_EQ(daemon->sync("w1001"), 1U);
  EXPECT_EQ(daemon->sync("nobody"), 0U);
  time.run_for(0s);
  EXPECT_EQ(api->log.size() - begin, 5U);
}

TEST_F(engine_schedule, sync_while_a_question_is_in_flight_asks_once_more) {
  add_many(1);
  start();
  api->hold();
  daemon->sync();
  time.run_for(0s);
  const auto begin = api->log.size();
  daemon->sync();
  daemon->sync();
  time.run_for(0s);
  EXPECT_EQ(api->log.size(), begin);
  api->release();
  time.run_for(0s);
  EXPECT_EQ(api->log.size(), begin + 1);
}

TEST_F(engine_schedule, wakes_only_when_something_is_due) {
  add_many(10);
  start();
  time.run_for(5min);
  const auto before = time.wake_ups();
  const auto asked = api->log.size();
  time.run_for(10min);
  EXPECT_LE(time.wake_ups() - before, (api->log.size() - asked) + 12)
      << "and one look at drift a minute";
}

TEST_F(engine_schedule, once_is_settled_when_everything_is_delivered_or_gone) {
  spread = false;
  add_many(3);
  api->fails("w1001", failure_kind::gone);
  api->fails("w1002", failure_kind::server_error);
  start();
  bool settled = false;
  task_group waiting(loop.get_executor());
  auto wait = [&]() -> task<> {
    co_await daemon->settled();
    settled = true;
  };
  waiting.start(wait());
  time.run_for(1s);
  EXPECT_FALSE(settled);
  api->answers("w1002", "two");
  time.run_for(20s);
  EXPECT_TRUE(settled);
  EXPECT_EQ(file("w1002"), "two");
}

}  // namespace
}  // namespace tokensyncd::sync
