// When what failed is tried again, and who is tried to find out.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/sync/delivery/delivery_queue.hpp"
#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

const failure full{failure_kind::no_space, "the disk is full"};
const failure no_directory{failure_kind::missing_place, "there is no directory"};

TEST(delivery_queue, tries_each_of_those_that_fail_again_after_a_second_doubling_to_five_minutes) {
  delivery_queue l;
  steady_time now = start;
  for (std::uint32_t slot = 0; slot < 200; ++slot) {
    l.enqueue(slot);
    ASSERT_EQ(l.take(now), slot);
    l.failed(slot, no_directory, now, 1.0);
  }
  std::map<std::uint32_t, std::vector<steady_time>> tries;
  while (now < start + 20min) {
    now = std::max(now, l.next_turn());
    while (const auto slot = l.take(now)) {
      tries[*slot].push_back(now);
      l.failed(*slot, no_directory, now, 1.0);
    }
  }
  for (const auto& [slot, when] : tries) {
    EXPECT_LE(when.size(), 9U + 4U + 2U) << "as many as doubling makes, and a probe or two";
    EXPECT_GE(when.size(), 9U) << slot;
    for (std::size_t k = 1; k < when.size(); ++k) EXPECT_LE(when[k] - when[k - 1], 5min);
  }
}

TEST(delivery_queue,
     tries_one_that_fails_alone_each_second_then_each_tenth_of_the_time_and_each_15_s) {
  delivery_queue l;
  steady_time now = start;
  l.enqueue(1);
  while (now < start + 10min) {
    ASSERT_EQ(l.take(now), 1U);
    const auto wait = l.failed(1, no_directory, now, 1.0);
    const std::chrono::nanoseconds tenth = (now - start) / 10;
    EXPECT_GE(wait, 1s);
    EXPECT_LE(wait, std::clamp<std::chrono::nanoseconds>(tenth, 1s, 15s) + 1ms);
    EXPECT_EQ(l.take(now + wait - 1ms), std::nullopt);
    EXPECT_EQ(l.next_turn(), now + wait);
    now += wait;
  }
  EXPECT_GE(l.trouble(1)->consecutive, 50U);
  EXPECT_LE(l.trouble(1)->consecutive, 80U);
}

/// Serves `l` until `end`, with deliveries that take no time and succeed after `well`.
void serve(delivery_queue& l, steady_time& now, steady_time end, steady_time well,
           const failure& why, std::map<std::uint32_t, steady_time>& done) {
  while (now < end) {
    while (const auto slot = l.take(now)) {
      if (now < well) {
        l.failed(*slot, why, now, 1.0);
      } else {
        l.succeeded(*slot);
        done.emplace(*slot, now);
      }
    }
    now = std::clamp(l.next_turn(), now, end);
  }
}

TEST(delivery_queue,
     a_burst_of_failures_is_one_and_after_a_blip_all_are_delivered_within_two_seconds) {
  for (const auto outage : {500ms, 1500ms, 3000ms, 5900ms, 12'000ms, 19'500ms}) {
    for (const std::uint32_t how_many : {1U, 2U, 12U, 64U, 200U}) {
      delivery_queue l;
      steady_time now = start;
      for (std::uint32_t slot = 0; slot < how_many; ++slot) l.enqueue(slot);
      std::vector<std::uint32_t> under_way;
      while (const auto slot = l.take(now)) under_way.push_back(*slot);
      for (const auto slot : under_way) {
        l.failed(slot, {failure_kind::unreachable, "no leader"}, now, 1.0);
      }
      std::map<std::uint32_t, steady_time> done;
      const steady_time well = start + outage;
      serve(l, now, well + 2s, well, {failure_kind::unreachable, "no leader"}, done);
      EXPECT_EQ(done.size(), how_many) << outage.count() << " ms, " << how_many << " workspaces";
    }
  }
}

TEST(delivery_queue, notices_within_15_s_that_a_sink_is_well_again_whatever_was_wrong) {
  for (const auto kind : {failure_kind::no_permission, failure_kind::wrong_place,
                          failure_kind::no_space, failure_kind::program_failed}) {
    delivery_queue l;
    steady_time now = start;
    for (std::uint32_t slot = 0; slot < 100; ++slot) l.enqueue(slot);
    std::map<std::uint32_t, steady_time> done;
    const steady_time well = start + 1h;
    serve(l, now, well + 15s, well, {kind, "read-only"}, done);
    EXPECT_EQ(done.size(), 100U) << to_string(kind);
  }
}

TEST(delivery_queue, probes_a_failing_sink_cheaply) {
  for (const auto kind : {failure_kind::server_error, failure_kind::no_permission}) {
    delivery_queue l;
    std::size_t tries = 0;
    steady_time now = start;
    for (std::uint32_t slot = 0; slot < 1000; ++slot) l.enqueue(slot);
    for (steady_time end = start + 1h; now < end; now = std::max(now, l.next_turn())) {
      while (const auto slot = l.take(now)) {
        l.failed(*slot, {kind, "read-only"}, now, 1.0);
        if (now > start + 10min) ++tries;
      }
    }
    const std::size_t own = concerns_whole_sink(kind) ? 0 : 1000U * 50 / 5;
    EXPECT_LE(tries, 50U * 4 + own + 1000) << to_string(kind);
  }
}

TEST(delivery_queue, probes_for_each_cause_by_itself) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 100; ++slot) l.enqueue(slot);
  steady_time now = start;
  const auto is_taken = [](std::uint32_t slot) { return slot < 95; };
  bool well = false;
  std::set<std::uint32_t> done;
  for (const steady_time end = start + 1h + 15s; now < end; now = std::max(now, l.next_turn())) {
    well = now >= start + 1h;
    while (const auto slot = l.take(now)) {
      if (is_taken(*slot)) {
        l.failed(*slot, {failure_kind::conflict, "somebody else's"}, now, 1.0);
      } else if (!well) {
        l.failed(*slot, no_directory, now, 1.0);
      } else {
        l.succeeded(*slot);
        done.insert(*slot);
      }
    }
  }
  EXPECT_EQ(done.size(), 5U);
}

TEST(delivery_queue, serves_the_others_again_when_those_that_showed_the_trouble_have_left) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    l.enqueue(slot);
    l.take(start);
    l.failed(slot, full, start, 1.0);
  }
  l.enqueue(7);
  for (std::uint32_t slot = 0; slot < 3; ++slot) l.forget(slot);
  EXPECT_EQ(l.take(start), 7U);
}

TEST(delivery_queue, waits_for_no_delivery_that_hangs_when_it_probes) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 4; ++slot) l.enqueue(slot);
  for (std::uint32_t slot = 0; slot < 4; ++slot) l.take(start);
  for (std::uint32_t slot = 0; slot < 3; ++slot) l.failed(slot, full, start, 1.0);
  EXPECT_EQ(l.next_turn(), start + 1s) << "3 is still under way";
  EXPECT_TRUE(l.take(start + 1s));
}

TEST(delivery_queue, shortens_waits_by_chance_up_to_a_quarter) {
  delivery_queue l;
  l.enqueue(1);
  l.take(start);
  EXPECT_EQ(l.failed(1, no_directory, start, 0.0), 750ms);
}

TEST(delivery_queue, lets_one_at_a_time_try_while_the_sink_itself_is_in_trouble) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    l.enqueue(slot);
    l.take(start);
    l.failed(slot, full, start, 1.0);
  }
  EXPECT_EQ(l.sink_trouble()->sentence, "the disk is full");
  l.enqueue(8);
  l.enqueue(9);
  EXPECT_EQ(l.take(start), std::nullopt);
  EXPECT_EQ(l.next_turn(), start + 1s);
  EXPECT_TRUE(l.take(start + 1s));
  EXPECT_EQ(l.take(start + 1s), std::nullopt);
}

TEST(delivery_queue, stops_a_sink_that_does_not_take_our_login_and_says_so) {
  for (const auto kind : {failure_kind::bad_login, failure_kind::tls, failure_kind::unreachable}) {
    delivery_queue l;
    for (std::uint32_t slot = 0; slot < 3; ++slot) {
      l.enqueue(slot);
      l.take(start);
      l.failed(slot, {kind, "nobody gets in"}, start, 1.0);
    }
    EXPECT_EQ(l.sink_trouble()->sentence, "nobody gets in");
    l.enqueue(8);
    EXPECT_EQ(l.take(start), std::nullopt) << to_string(kind);
  }
}

TEST(delivery_queue, lets_everybody_go_once_the_sink_has_recovered) {
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    l.enqueue(slot);
    l.take(start);
    l.failed(slot, full, start, 1.0);
  }
  const auto probe = l.take(start + 1s);
  ASSERT_TRUE(probe);
  l.succeeded(*probe);
  EXPECT_TRUE(l.take(start + 1s));
  EXPECT_TRUE(l.take(start + 1s));
  EXPECT_FALSE(l.sink_trouble());
}

TEST(delivery_queue, lets_everybody_go_together_after_an_outage_however_often_each_has_failed) {
  const failure missing{failure_kind::missing_place, "there is no directory"};
  constexpr std::uint32_t few = delivery_queue::concurrency;
  delivery_queue l;
  for (std::uint32_t slot = 0; slot < few; ++slot) l.enqueue(slot);
  steady_time now = start;
  std::map<std::uint32_t, steady_time> done;
  serve(l, now, start + 10min, start + 1h, missing, done);
  now = l.next_turn();
  const auto probe = l.take(now);
  ASSERT_TRUE(probe);
  l.succeeded(*probe);
  for (std::uint32_t others = 1; others < few; ++others) {
    EXPECT_TRUE(l.take(now)) << others << " went before, the rest waits for its own backoff";
  }
}

TEST(delivery_queue, tries_who_waits_for_others_by_probes_alone_until_he_is_called) {
  const failure waits{failure_kind::incomplete, "waits for the token of bolt"};
  delivery_queue l;
  steady_time now = start;
  for (std::uint32_t slot = 0; slot < 50; ++slot) {
    l.enqueue(slot);
    ASSERT_EQ(l.take(now), slot);
    EXPECT_GT(l.failed(slot, waits, now, 1.0), 500ms);
  }
  EXPECT_FALSE(l.sink_trouble()) << "nothing is wrong with the sink";
  std::size_t tries = 0;
  for (; now < start + 4min; now = std::max(now, l.next_turn())) {
    while (const auto slot = l.take(now)) {
      ++tries;
      l.failed(*slot, waits, now, 1.0);
    }
  }
  EXPECT_GT(tries, 10U);
  EXPECT_LT(tries, 50U);
  l.retry_now(7);
  bool is_tried = false;
  while (const auto slot = l.take(now)) is_tried = is_tried || *slot == 7U;
  EXPECT_TRUE(is_tried);
}

TEST(delivery_queue, counts_a_failure_from_anew_after_it_has_waited_for_others) {
  delivery_queue l;
  l.enqueue(1);
  ASSERT_EQ(l.take(start), 1U);
  l.failed(1, {failure_kind::incomplete, "waits"}, start, 1.0);
  l.retry_now(1);
  ASSERT_EQ(l.take(start + 1h), 1U);
  EXPECT_EQ(l.failed(1, no_directory, start + 1h, 1.0), 1s);
  ASSERT_NE(l.trouble(1), nullptr);
  EXPECT_EQ(l.trouble(1)->consecutive, 1U);
  EXPECT_EQ(l.trouble(1)->since, start + 1h);
}

}  // namespace
}  // namespace tokensyncd::sync
