#include "daemon/sync/fetching/steps/change.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

fingerprint print(std::uint8_t value) {
  fingerprint p;
  p.bytes[0] = value;
  return p;
}

constexpr steady_time known_at{100s};
constexpr steady_time later{200s};

struct change : testing::Test {
  revision current{3, print(3), noon};
  known_token known{current, {print(2), print(1)}, known_at};
  bool is_rotation = false;

  change_kind see(fingerprint token, std::optional<wall_time> rotated_at, steady_time asked = later,
                  bool believed = false) const {
    return compare(known, observed_token{token, rotated_at, asked, is_rotation}, believed);
  }
};

TEST_F(change, first_sight_is_generation_one) {
  const revision nothing;
  const observed_token seen{print(1), std::nullopt, later};
  EXPECT_EQ(compare(known_token{nothing}, seen, false), change_kind::first);
  EXPECT_EQ(apply(nothing, seen, change_kind::first), (revision{1, print(1), std::nullopt}));
}

TEST_F(change, same_token_is_nothing_new_unless_rotated_at_is_newer) {
  EXPECT_EQ(see(print(3), noon), change_kind::same);
  EXPECT_EQ(see(print(3), std::nullopt), change_kind::same);
  EXPECT_EQ(see(print(3), noon - 1h), change_kind::same);
  EXPECT_EQ(see(print(3), noon + 1us), change_kind::touched);
}

TEST_F(change, a_touched_revision_is_a_new_generation_of_the_same_token) {
  const observed_token seen{print(3), noon + 1s, later};
  EXPECT_EQ(apply(current, seen, change_kind::touched), (revision{4, print(3), noon + 1s}));
}

TEST_F(change, rotated_at_that_appears_for_the_same_token_is_filled_in_without_a_new_generation) {
  current.rotated_at.reset();
  EXPECT_EQ(see(print(3), noon), change_kind::filled_in);
  const observed_token seen{print(3), noon, later};
  EXPECT_EQ(apply(current, seen, change_kind::filled_in), (revision{3, print(3), noon}));
}

TEST_F(change, another_token_is_a_rotation_unless_its_time_is_older) {
  EXPECT_EQ(see(print(4), noon + 1s), change_kind::rotated);
  EXPECT_EQ(see(print(4), noon), change_kind::rotated);
  EXPECT_EQ(see(print(4), noon - 1h), change_kind::doubtful);
  EXPECT_EQ(see(print(4), noon - 1h, later, true), change_kind::rotated);
}

TEST_F(change, the_answer_to_our_own_rotation_is_believed_whatever_its_time_says) {
  is_rotation = true;
  EXPECT_EQ(see(print(4), noon - 1h), change_kind::rotated);
  EXPECT_EQ(see(print(2), std::nullopt), change_kind::stale) << "but not a token known before";
}

TEST_F(change, after_our_own_rotation_another_token_is_doubtful_unless_its_time_is_newer) {
  known.was_ordered = true;
  EXPECT_EQ(see(print(4), std::nullopt), change_kind::doubtful);
  EXPECT_EQ(see(print(4), noon), change_kind::doubtful);
  EXPECT_EQ(see(print(4), noon + 1s), change_kind::rotated);
  EXPECT_EQ(see(print(3), std::nullopt), change_kind::same);
}

TEST_F(change, another_token_is_doubtful_where_only_the_known_one_has_a_time) {
  EXPECT_EQ(see(print(4), std::nullopt), change_kind::doubtful);
  const observed_token unreadable{print(4), std::nullopt, later, false, true};
  EXPECT_EQ(compare(known, unreadable, false), change_kind::rotated) << "that withholds no token";
  current.rotated_at.reset();
  EXPECT_EQ(see(print(4), std::nullopt), change_kind::rotated);
  EXPECT_EQ(see(print(4), noon), change_kind::rotated);
}

TEST_F(change, another_token_soon_after_a_rotation_is_doubtful_unless_its_time_is_newer) {
  known.is_fresh = true;
  EXPECT_EQ(see(print(4), noon + 1s), change_kind::rotated);
  EXPECT_EQ(see(print(4), noon), change_kind::doubtful);
  current.rotated_at.reset();
  EXPECT_EQ(see(print(4), noon), change_kind::doubtful);
  EXPECT_EQ(see(print(4), std::nullopt), change_kind::doubtful);
  is_rotation = true;
  EXPECT_EQ(see(print(4), std::nullopt), change_kind::rotated) << "our own rotation";
}

TEST_F(change, a_rotation_without_a_time_does_not_keep_the_time_of_the_token_before) {
  const observed_token seen{print(4), std::nullopt, later};
  EXPECT_EQ(apply(current, seen, change_kind::rotated), (revision{4, print(4), std::nullopt}));
}

TEST_F(change, any_earlier_token_is_stale_as_the_one_before_is) {
  EXPECT_EQ(see(print(1), std::nullopt), change_kind::stale);
  EXPECT_EQ(see(print(1), noon + 1s), change_kind::rotated);
}

TEST_F(change, the_previous_token_is_stale_unless_its_rotated_at_is_newer) {
  EXPECT_EQ(see(print(2), std::nullopt), change_kind::stale);
  EXPECT_EQ(see(print(2), noon), change_kind::stale);
  EXPECT_EQ(see(print(2), noon + 1s), change_kind::rotated);
  current.rotated_at.reset();
  EXPECT_EQ(see(print(2), noon), change_kind::stale);
}

TEST_F(change, an_answer_to_a_question_from_before_the_current_revision_was_known_is_stale) {
  EXPECT_EQ(see(print(4), noon + 1h, known_at - 1ns), change_kind::stale);
  EXPECT_EQ(see(print(4), noon + 1h, known_at), change_kind::rotated);
  EXPECT_EQ(see(print(3), noon, known_at - 1ns), change_kind::same);
}

TEST_F(change, a_stale_answer_that_lasted_is_believed) {
  EXPECT_EQ(see(print(2), std::nullopt, later, true), change_kind::rotated);
}

}  // namespace
}  // namespace tokensyncd::sync
