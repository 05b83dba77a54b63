#include "daemon/runtime/log/mask.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

const secret token{"abcdefghijklmnopqrstuvwxyz"};

TEST(mask, takes_every_occurrence_out) {
  const mask hide{token};
  EXPECT_EQ(hide.apply("got abcdefghijklmnopqrstuvwxyz, abcdefghijklmnopqrstuvwxyz!"), "got …, …!");
  EXPECT_EQ(hide.apply("nothing of it: abcdefg"), "nothing of it: abcdefg");
}

TEST(mask, takes_out_what_is_left_of_a_secret_that_was_cut) {
  const mask hide{token};
  EXPECT_EQ(hide.apply("abcdefghij"), "…");
  EXPECT_EQ(hide.apply("…rstuvwxyz."), "…….");
}

TEST(mask, a_short_secret_is_found_as_a_whole) {
  const secret pin{"1234"};
  const mask hide{pin};
  EXPECT_EQ(hide.apply("12345 1234 123"), "…5 … 123");
}

TEST(mask, nothing_to_hide_hides_nothing) {
  EXPECT_EQ(mask{}.apply("as it is"), "as it is");
}

}  // namespace
}  // namespace tokensyncd
