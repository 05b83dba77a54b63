#include "daemon/sync/delivery/delivery_queue.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

const failure missing{failure_kind::missing_place, "there is no directory"};

TEST(delivery_queue, gives_each_workspace_once_in_the_order_of_wanting) {
  delivery_queue l;
  l.enqueue(3);
  l.enqueue(1);
  l.enqueue(3);
  EXPECT_EQ(l.take(start), 3U);
  EXPECT_EQ(l.take(start), 1U);
  EXPECT_EQ(l.take(start), std::nullopt);
}

TEST(delivery_queue, gives_one_again_that_was_wanted_while_in_flight_but_only_after_it_ended) {
  delivery_queue l;
  l.enqueue(3);
  EXPECT_EQ(l.take(start), 3U);
  l.enqueue(3);
  EXPECT_EQ(l.take(start), std::nullopt);
  l.succeeded(3);
  EXPECT_EQ(l.take(start), 3U);
}

TEST(delivery_queue, gives_each_of_very_many_once_when_all_are_hurried) {
  constexpr std::uint32_t many = 100'000;
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < many; ++slot) {
    l.enqueue(slot);
    ASSERT_EQ(l.take(start), slot);
    l.failed(slot, missing, start, 0.5);
  }
  l.retry_all_now();
  for (std::uint32_t count = 0; count < many; ++count) {
    const auto slot = l.take(start);
    ASSERT_TRUE(slot);
    l.succeeded(*slot);
  }
  EXPECT_EQ(l.take(start + 1h), std::nullopt) << "nobody twice";
}

TEST(delivery_queue, hurries_one_through_a_pause_of_the_sink_even_where_it_has_not_failed_itself) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    l.enqueue(slot);
    ASSERT_EQ(l.take(start), slot);
    l.failed(slot, {failure_kind::unreachable, "sealed"}, start, 0.5);
  }
  l.enqueue(7);
  EXPECT_EQ(l.take(start), std::nullopt) << "the sink as a whole is in trouble";
  l.retry_now(8);
  EXPECT_EQ(l.take(start), std::nullopt) << "nobody is owed anything by that name";
  l.retry_now(7);
  EXPECT_EQ(l.take(start), 7U);
}

TEST(delivery_queue, lets_so_many_go_at_once) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 2 * delivery_queue::concurrency; ++slot) l.enqueue(slot);
  std::size_t went = 0;
  while (l.take(start)) ++went;
  EXPECT_EQ(went, delivery_queue::concurrency);
  EXPECT_EQ(l.next_turn(), steady_time::max());
  l.succeeded(0);
  EXPECT_TRUE(l.take(start));
}

TEST(delivery_queue, lets_a_newer_revision_go_at_once_in_spite_of_backoff) {
  delivery_queue l;
  l.enqueue(1);
  l.take(start);
  l.failed(1, missing, start, 1.0);
  l.enqueue(1);
  EXPECT_EQ(l.take(start), 1U);
}

TEST(delivery_queue, one_workspace_s_trouble_does_not_hold_up_the_others) {
  delivery_queue l;
  for (int i = 0; i < 10; ++i) {
    l.enqueue(1);
    l.take(start);
    l.failed(1, missing, start, 1.0);
  }
  l.enqueue(2);
  l.enqueue(3);
  EXPECT_EQ(l.take(start), 2U);
  EXPECT_EQ(l.take(start), 3U);
}

TEST(delivery_queue, goes_on_with_the_others_where_something_else_wrote_to_some) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 10; ++slot) {
    l.enqueue(slot);
    l.take(start);
    l.failed(slot, {failure_kind::conflict, "somebody else's"}, start, 1.0);
  }
  EXPECT_FALSE(l.sink_trouble());
  l.enqueue(20);
  EXPECT_EQ(l.take(start), 20U);
}

TEST(delivery_queue, owes_nothing_to_one_that_left_even_when_its_delivery_ends_later) {
  delivery_queue l;
  l.enqueue(1);
  l.take(start);
  l.enqueue(1);
  l.forget(1);
  l.succeeded(1);
  EXPECT_EQ(l.take(start), std::nullopt);
  EXPECT_FALSE(l.is_busy());
}

TEST(delivery_queue, keeps_what_a_new_workspace_in_the_same_slot_is_owed) {
  delivery_queue l;
  l.enqueue(1);
  l.take(start);
  l.forget(1);
  l.enqueue(1);
  l.succeeded(1);
  EXPECT_EQ(l.take(start), 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
