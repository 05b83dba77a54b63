#include "daemon/sync/agenda.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr steady_time start{1h};

struct agenda_test : testing::Test {
  ledger book;
  agenda plan{book, 0, 8, start};

  agenda_test() {
    std::vector<config::workspace> workspaces;
    for (int i = 0; i < 9; ++i) workspaces.push_back({"w" + std::to_string(i), 0});
    book.merge(std::move(workspaces));
  }

  std::optional<std::uint32_t> take(steady_time now) {
    const auto who = plan.take(now);
    return who ? std::optional(who->slot) : std::nullopt;
  }
  void answered(std::uint32_t slot) {
    const upstream::outcome fine{slot, nullptr, start, {}};
    plan.api().answered(fine, start, 0);
    plan.finished(slot, false);
  }
};

TEST_F(agenda_test, gives_what_is_due_when_it_is_due) {
  plan.put(1, start + 1s, urgency::poll);
  EXPECT_EQ(take(start), std::nullopt);
  EXPECT_EQ(plan.next_action(start), start + 1s);
  EXPECT_EQ(take(start + 1s), 1U);
  EXPECT_EQ(book.at(1).due, start + 1s);
  EXPECT_EQ(plan.next_action(start + 1s), steady_time::max());
}

TEST_F(agenda_test, gives_the_more_urgent_first) {
  plan.put(1, start, urgency::poll);
  plan.make_due(2, urgency::event, trigger::webhook, start);
  EXPECT_EQ(take(start), 2U);
  EXPECT_EQ(take(start), 1U);
}

TEST_F(agenda_test, raises_but_never_lowers_the_urgency_of_one_that_waits) {
  plan.make_due(1, urgency::poll, trigger::poll, start);
  plan.make_due(2, urgency::out_of_sync, trigger::poll, start);
  plan.make_due(1, urgency::event, trigger::webhook, start);
  plan.make_due(2, urgency::poll, trigger::poll, start);
  EXPECT_EQ(take(start), 1U);
  EXPECT_EQ(book.at(1).why, trigger::webhook);
  EXPECT_EQ(take(start), 2U);
  EXPECT_EQ(take(start), std::nullopt) << "nobody is given twice";
}

TEST_F(agenda_test, notes_that_one_in_flight_is_due_again) {
  plan.make_due(1, urgency::poll, trigger::poll, start);
  EXPECT_EQ(take(start), 1U);
  plan.make_due(1, urgency::event, trigger::webhook, start);
  EXPECT_TRUE(book.at(1).dirty);
  EXPECT_EQ(take(start), std::nullopt);
  answered(1);
  plan.make_due(1, book.at(1).hurry, book.at(1).why, start);
  EXPECT_EQ(take(start), 1U);
}

TEST_F(agenda_test, lets_slow_ones_hold_a_quarter_of_the_workers) {
  for (std::uint32_t slot = 0; slot < 9; ++slot) {
    book.at(slot).timed_out = slot < 6;
    plan.make_due(slot, urgency::poll, trigger::poll, start);
  }
  std::vector<std::uint32_t> went;
  while (const auto slot = take(start)) went.push_back(*slot);
  EXPECT_EQ(went, (std::vector<std::uint32_t>{0, 1, 6, 7, 8}));
  answered(0);
  EXPECT_EQ(take(start), 2U);
}

TEST_F(agenda_test, waits_for_the_upstream) {
  plan.make_due(1, urgency::poll, trigger::poll, start);
  plan.make_due(2, urgency::poll, trigger::poll, start);
  EXPECT_EQ(take(start), 1U);
  const failure slow_down{failure_kind::throttled, "slow down"};
  const upstream::outcome throttled{1, &slow_down, start, 5s};
  plan.api().answered(throttled, start, 0);
  plan.finished(1, false);
  EXPECT_EQ(take(start), std::nullopt);
  EXPECT_EQ(plan.next_action(start), start + 5s);
  EXPECT_EQ(take(start + 5s), 2U);
}

TEST_F(agenda_test, forgets_one_that_left) {
  plan.put(1, start, urgency::poll);
  plan.make_due(2, urgency::poll, trigger::poll, start);
  for (const std::uint32_t slot : {1U, 2U}) plan.remove(slot);
  const std::vector<std::uint32_t> left{1, 2};
  book.drop(left);
  EXPECT_EQ(take(start + 1h), std::nullopt);
}

}  // namespace
}  // namespace tokensyncd::sync
