#include "daemon/sync/delivery/lane.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

constexpr steady_time start{1h};
const failure no_directory{failure_kind::missing_place, "there is no directory"};

TEST(lane, gives_each_workspace_once_in_the_order_of_wanting) {
  lane l;
  l.want(3);
  l.want(1);
  l.want(3);
  EXPECT_EQ(l.take(start), 3U);
  EXPECT_EQ(l.take(start), 1U);
  EXPECT_EQ(l.take(start), std::nullopt);
}

TEST(lane, gives_one_again_that_was_wanted_while_in_flight_but_only_after_it_ended) {
  lane l;
  l.want(3);
  EXPECT_EQ(l.take(start), 3U);
  l.want(3);
  EXPECT_EQ(l.take(start), std::nullopt);
  l.succeeded(3);
  EXPECT_EQ(l.take(start), 3U);
}

TEST(lane, gives_each_of_very_many_once_when_all_are_hurried) {
  constexpr std::uint32_t many = 100'000;
  lane l;
  for (std::uint32_t slot = 0; slot < many; ++slot) {
    l.want(slot);
    ASSERT_EQ(l.take(start), slot);
    l.failed(slot, no_directory, start, 0.5);
  }
  l.hurry_all();
  for (std::uint32_t count = 0; count < many; ++count) {
    const auto slot = l.take(start);
    ASSERT_TRUE(slot);
    l.succeeded(*slot);
  }
  EXPECT_EQ(l.take(start + 1h), std::nullopt) << "nobody twice";
}

TEST(lane, hurries_one_through_a_pause_of_the_sink_even_where_it_has_not_failed_itself) {
  lane l;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    l.want(slot);
    ASSERT_EQ(l.take(start), slot);
    l.failed(slot, {failure_kind::unreachable, "sealed"}, start, 0.5);
  }
  l.want(7);
  EXPECT_EQ(l.take(start), std::nullopt) << "the sink as a whole is in trouble";
  l.hurry(8);
  EXPECT_EQ(l.take(start), std::nullopt) << "nobody is owed anything by that name";
  l.hurry(7);
  EXPECT_EQ(l.take(start), 7U);
}

TEST(lane, lets_so_many_go_at_once) {
  lane l;
  for (std::uint32_t slot = 0; slot < 2 * lane::concurrency; ++slot) l.want(slot);
  std::size_t went = 0;
  while (l.take(start)) ++went;
  EXPECT_EQ(went, lane::concurrency);
  EXPECT_EQ(l.next_turn(), steady_time::max());
  l.succeeded(0);
  EXPECT_TRUE(l.take(start));
}

TEST(lane, lets_a_newer_revision_go_at_once_in_spite_of_backoff) {
  lane l;
  l.want(1);
  l.take(start);
  l.failed(1, no_directory, start, 1.0);
  l.want(1);
  EXPECT_EQ(l.take(start), 1U);
}

TEST(lane, one_workspace_s_trouble_does_not_hold_up_the_others) {
  lane l;
  for (int i = 0; i < 10; ++i) {
    l.want(1);
    l.take(start);
    l.failed(1, no_directory, start, 1.0);
  }
  l.want(2);
  l.want(3);
  EXPECT_EQ(l.take(start), 2U);
  EXPECT_EQ(l.take(start), 3U);
}

TEST(lane, goes_on_with_the_others_where_something_else_wrote_to_some) {
  lane l;
  for (std::uint32_t slot = 0; slot < 10; ++slot) {
    l.want(slot);
    l.take(start);
    l.failed(slot, {failure_kind::conflict, "somebody else's"}, start, 1.0);
  }
  EXPECT_EQ(l.last_error(), "");
  l.want(20);
  EXPECT_EQ(l.take(start), 20U);
}

TEST(lane, owes_nothing_to_one_that_left_even_when_its_delivery_ends_later) {
  lane l;
  l.want(1);
  l.take(start);
  l.want(1);
  l.forget(1);
  l.succeeded(1);
  EXPECT_EQ(l.take(start), std::nullopt);
  EXPECT_EQ(l.in_flight(), 0U);
}

TEST(lane, keeps_what_a_new_workspace_in_the_same_slot_is_owed) {
  lane l;
  l.want(1);
  l.take(start);
  l.forget(1);
  l.want(1);
  l.succeeded(1);
  EXPECT_EQ(l.take(start), 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
