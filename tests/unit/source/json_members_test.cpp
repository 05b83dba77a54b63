#include "daemon/source/json_members.hpp"

#include <array>
#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

constexpr std::array<std::string_view, 2> names{"a", "b"};

TEST(json_members, tells_integers_from_numbers_with_a_fraction_or_an_exponent) {
  json_members whole{names};
  ASSERT_TRUE(whole.read(R"({"a":-7,"b":18446744073709551615})"));
  EXPECT_EQ(whole[0].is, member::type::integer);
  EXPECT_EQ(whole[0].number, -7);
  EXPECT_EQ(whole[1].is, member::type::integer);
  EXPECT_EQ(whole[1].number, 18446744073709551615.0);
  json_members real{names};
  ASSERT_TRUE(real.read(R"({"a":-7.5,"b":17E8})"));
  EXPECT_EQ(real[0].is, member::type::real);
  EXPECT_EQ(real[0].number, -7.5);
  EXPECT_EQ(real[1].is, member::type::real);
  EXPECT_EQ(real[1].number, 1'700'000'000);
}

TEST(json_members, looks_at_the_top_alone) {
  json_members found{names};
  ASSERT_TRUE(found.read(R"({"c":{"a":1,"d":2},"a":"x","e":[]})"));
  EXPECT_EQ(found[0].text, "x");
  EXPECT_EQ(found[1].is, member::type::absent);
}

}  // namespace
}  // namespace tokensyncd::source
