#include "daemon/sync/dispatch/dispatcher.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/sync/dispatch/stride.hpp"
#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct dispatcher_test : testing::Test {
  ledger book;
  dispatcher plan{book, 0, 8, start};

  dispatcher_test() {
    std::vector<config::workspace> workspaces;
    for (int i = 0; i < 9; ++i) workspaces.push_back({"w" + std::to_string(i), 0});
    book.merge(std::move(workspaces));
  }

  std::optional<std::uint32_t> take(steady_time now) {
    const auto who = plan.take(now);
    return who ? std::optional(who->slot) : std::nullopt;
  }
  void answered(std::uint32_t slot) {
    const upstream::outcome fine{slot, nullptr, start, {}, 9};
    plan.api().answered(fine, start, 0);
    plan.finished(slot);
  }
};

TEST_F(dispatcher_test, gives_what_is_due_when_it_is_due) {
  plan.put(1, start + 1s, priority::poll);
  EXPECT_EQ(take(start), std::nullopt);
  EXPECT_EQ(plan.next_action(start), start + 1s);
  EXPECT_EQ(take(start + 1s), 1U);
  EXPECT_EQ(book.at(1).due, start + 1s);
  EXPECT_EQ(plan.next_action(start + 1s), steady_time::max());
}

TEST_F(dispatcher_test, counts_the_wait_of_one_that_is_due_from_a_reload) {
  plan.make_due(1, priority::out_of_sync, trigger::poll, start);
  plan.count_wait_from(1, start + 3s);
  EXPECT_EQ(take(start + 3s), 1U);
  EXPECT_EQ(book.at(1).due, start + 3s);
}

TEST_F(dispatcher_test, gives_the_more_urgent_first) {
  plan.put(1, start, priority::poll);
  plan.make_due(2, priority::event, trigger::webhook, start);
  EXPECT_EQ(take(start), 2U);
  EXPECT_EQ(take(start), 1U);
}

TEST_F(dispatcher_test, raises_but_never_lowers_the_urgency_of_one_that_waits) {
  plan.make_due(1, priority::poll, trigger::poll, start);
  plan.make_due(2, priority::out_of_sync, trigger::poll, start);
  plan.make_due(1, priority::event, trigger::webhook, start);
  plan.make_due(2, priority::poll, trigger::poll, start);
  EXPECT_EQ(take(start), 1U);
  EXPECT_EQ(book.at(1).check.why, trigger::webhook);
  EXPECT_EQ(take(start), 2U);
  EXPECT_EQ(take(start), std::nullopt) << "nobody is given twice";
}

TEST_F(dispatcher_test, notes_that_one_in_flight_is_due_again) {
  plan.make_due(1, priority::poll, trigger::poll, start);
  EXPECT_EQ(take(start), 1U);
  plan.make_due(1, priority::event, trigger::webhook, start);
  EXPECT_TRUE(book.at(1).check.dirty);
  EXPECT_EQ(take(start), std::nullopt);
  answered(1);
  plan.make_due(1, book.at(1).check.rank, book.at(1).check.why, start);
  EXPECT_EQ(take(start), 1U);
}

TEST_F(dispatcher_test, lets_slow_ones_hold_a_quarter_of_the_workers) {
  for (std::uint32_t slot = 0; slot < 9; ++slot) {
    book.at(slot).check.timed_out = slot < 6;
    plan.make_due(slot, priority::poll, trigger::poll, start);
  }
  std::vector<std::uint32_t> went;
  while (const auto slot = take(start)) went.push_back(*slot);
  EXPECT_EQ(went, (std::vector<std::uint32_t>{0, 1, 6, 7, 8}));
  answered(0);
  EXPECT_EQ(take(start), 2U);
}

TEST_F(dispatcher_test, takes_one_for_slow_no_longer_when_waits_as_long_have_become_usual) {
  plan.make_due(1, priority::poll, trigger::poll, start);
  ASSERT_EQ(take(start), 1U);
  plan.finished(1, 1s);
  EXPECT_TRUE(book.at(1).check.timed_out);
  for (int i = 0; i < 30; ++i) plan.waits().answered(800ms);
  plan.make_due(1, priority::poll, trigger::poll, start);
  ASSERT_EQ(take(start), 1U);
  EXPECT_FALSE(book.at(1).check.timed_out);
}

TEST_F(dispatcher_test, lets_calls_that_take_long_go_on_where_slow_ones_have_a_connection_left) {
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    plan.make_due(slot, priority::poll, trigger::poll, start);
    ASSERT_EQ(take(start), slot);
  }
  EXPECT_TRUE(plan.may_go_on(0));
  EXPECT_TRUE(plan.may_go_on(1));
  EXPECT_FALSE(plan.may_go_on(2)) << "a quarter of eight";
  answered(0);
  EXPECT_FALSE(book.at(0).check.timed_out);
  EXPECT_TRUE(plan.may_go_on(2));
}

TEST_F(dispatcher_test, lets_no_call_hold_the_only_connection) {
  plan.set_limits(0, 1, start);
  plan.make_due(1, priority::poll, trigger::poll, start);
  ASSERT_EQ(take(start), 1U);
  EXPECT_FALSE(plan.may_go_on(1));
}

struct dispatcher_error : dispatcher_test {
  void failed(std::uint32_t slot, failure_kind kind, steady_time now,
              std::optional<std::chrono::milliseconds> retry_after = {}, std::size_t fleet = 9) {
    const failure error{kind, "it failed"};
    const upstream::outcome what{slot, &error, now, retry_after, fleet};
    plan.api().answered(what, now, 1);
    plan.finished(slot);
  }
};

TEST_F(dispatcher_error, waits_for_the_end_of_a_throttle_then_sends_one_probe) {
  plan.make_due(1, priority::poll, trigger::poll, start);
  plan.make_due(2, priority::poll, trigger::poll, start);
  EXPECT_EQ(take(start), 1U);
  failed(1, failure_kind::throttled, start, 5s, 1);
  EXPECT_EQ(take(start), std::nullopt);
  EXPECT_EQ(plan.next_action(start), start + 5s);
  EXPECT_TRUE(take(start + 5s));
  EXPECT_EQ(take(start + 5s), std::nullopt);
  EXPECT_EQ(plan.next_action(start + 5s), steady_time::max());
}

TEST(stride, visits_each_place_once_and_neighbours_far_apart) {
  for (const std::size_t size : {1U, 2U, 9U, 40U, 97U, 1000U}) {
    const stride order{size};
    std::set<std::size_t> seen;
    for (std::size_t i = 0; i < size; ++i) seen.insert(order.at(i));
    EXPECT_EQ(seen.size(), size);
    EXPECT_LT(*seen.rbegin(), size);
  }
  // The last tenth, which may be all who are well, is never far.
  const stride order{1000};
  for (std::size_t from = 0; from < 1000; ++from) {
    bool visited = false;
    for (std::size_t i = 0; i < 30; ++i) visited = visited || order.at(from + i) >= 900;
    EXPECT_TRUE(visited) << from;
  }
}

TEST_F(dispatcher_error, probes_with_those_that_were_last_answered_one_after_the_other) {
  for (const std::uint32_t good : {3U, 4U, 5U}) {
    book.at(good).times.last_success = 1;
    book.at(good).state = workspace_state::ok;
  }
  plan.make_due(1, priority::event, trigger::webhook, start);
  steady_time now = start;
  ASSERT_EQ(take(now), 1U);
  failed(1, failure_kind::unreachable, now, {}, 1);
  constexpr std::uint32_t urgent = 7;
  plan.make_due(urgent, priority::event, trigger::webhook, now);
  std::set<std::uint32_t> probed;
  for (int i = 0; i < 3; ++i) {
    now = plan.next_action(now);
    const auto probe = take(now);
    ASSERT_TRUE(probe);
    probed.insert(*probe);
    failed(*probe, failure_kind::unreachable, now);
  }
  EXPECT_EQ(probed, (std::set<std::uint32_t>{3, 4, 5})) << "neither the urgent nor the failing";
  now = plan.next_action(now);
  const auto next = take(now);
  ASSERT_TRUE(next);
  EXPECT_FALSE(*next == 1 || probed.contains(*next)) << "then those that have not failed yet";
  ASSERT_NE(*next, urgent) << "its turn comes later";
  answered(*next);
  EXPECT_EQ(take(now), urgent) << "and when it is there again the urgent ones";
}

TEST_F(dispatcher_error, asks_a_good_one_before_its_time_to_see_whose_trouble_it_is) {
  for (std::uint32_t slot = 0; slot < 9; ++slot) plan.put(slot, start + 1h, priority::poll);
  plan.make_due(1, priority::poll, trigger::poll, start);
  ASSERT_EQ(take(start), 1U);
  failed(1, failure_kind::bad_signature, start);
  plan.put(1, start + 1h, priority::poll);
  EXPECT_EQ(take(start), std::nullopt);
  EXPECT_EQ(plan.next_action(start), start + 250ms);
  const auto sample = take(start + 250ms);
  ASSERT_TRUE(sample);
  EXPECT_NE(sample, 1U);
  const upstream::outcome fine{*sample, nullptr, start + 250ms, {}, 9};
  plan.api().answered(fine, start + 300ms, 0);
  EXPECT_EQ(plan.next_action(start + 300ms), start + 1h);
}

TEST_F(dispatcher_error, leaves_one_alone_that_has_a_pause_of_its_own_whatever_makes_it_due) {
  plan.make_due(1, priority::poll, trigger::poll, start);
  ASSERT_EQ(take(start), 1U);
  plan.finished(1);
  plan.pause(1, start + 600s);
  plan.put(1, start + 1s, priority::retry);
  EXPECT_EQ(plan.next_action(start), start + 600s);
  plan.make_due(1, priority::event, trigger::webhook, start + 2s);
  EXPECT_EQ(take(start + 599s), std::nullopt);
  EXPECT_EQ(take(start + 600s), 1U);
  EXPECT_EQ(book.at(1).check.why, trigger::webhook);
  EXPECT_EQ(book.at(1).check.rank, priority::event);
}

TEST_F(dispatcher_test, forgets_one_that_left) {
  plan.put(1, start, priority::poll);
  plan.make_due(2, priority::poll, trigger::poll, start);
  for (const std::uint32_t slot : {1U, 2U}) plan.remove(slot);
  const std::vector<std::uint32_t> left{1, 2};
  book.drop(left);
  EXPECT_EQ(take(start + 1h), std::nullopt);
}

}  // namespace
}  // namespace tokensyncd::sync
