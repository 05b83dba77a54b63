#include "daemon/source/json_members.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

constexpr std::array<std::string_view, 2> names{"a", "b"};

TEST(json_members, gives_integers_as_they_are_and_too_large_ones_as_the_largest) {
  json_members found{names};
  ASSERT_TRUE(found.read(R"({"a":-7,"b":18446744073709551615})"));
  EXPECT_EQ(found[0].is, member::type::integer);
  EXPECT_EQ(found[0].number, -7);
  EXPECT_EQ(found[1].number, INT64_MAX);
}

TEST(json_members, counts_what_it_does_not_know_at_the_top_alone) {
  json_members found{names};
  ASSERT_TRUE(found.read(R"({"c":{"a":1,"d":2},"a":"x","e":[]})"));
  EXPECT_EQ(found.others(), 2U);
  EXPECT_EQ(found[0].text, "x");
  EXPECT_EQ(found[1].is, member::type::absent);
}

}  // namespace
}  // namespace tokensyncd::source
