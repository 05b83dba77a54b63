#include "daemon/model/utf8.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using namespace std::string_view_literals;

TEST(utf8, gives_the_first_character_and_its_size) {
  struct row {
    std::string_view text;
    char32_t value;
    std::size_t size;
  };
  for (const row& each :
       {row{"a!", U'a', 1}, row{"\0"sv, 0, 1}, row{"\xC3\xA9!", 0xE9, 2},
        row{"\xE2\x82\xAC", 0x20AC, 3}, row{"\xED\x9F\xBF", 0xD7FF, 3},
        row{"\xF0\x9F\x98\x80", 0x1F600, 4}, row{"\xF4\x8F\xBF\xBF", 0x10FFFF, 4}}) {
    const code_point got = first_code_point(each.text);
    EXPECT_TRUE(got.valid);
    EXPECT_EQ(got.value, each.value);
    EXPECT_EQ(got.size, each.size);
  }
}

TEST(utf8, takes_one_byte_of_anything_else) {
  for (const std::string_view bad :
       {"\x80"sv, "\xC3"sv, "\xC3!"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x9F\xBF"sv,
        "\xED\xA0\x80"sv, "\xE2\x82"sv, "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv,
        "\xF5\x80\x80\x80"sv, "\xFF"sv}) {
    const code_point got = first_code_point(bad);
    EXPECT_FALSE(got.valid);
    EXPECT_EQ(got.size, 1U);
  }
}

TEST(utf8, knows_controls) {
  for (const char32_t value : {0x00U, 0x1FU, 0x7FU, 0x80U, 0x9FU}) EXPECT_TRUE(is_control(value));
  for (const char32_t value : {0x20U, 0x7EU, 0xA0U, 0x2028U}) EXPECT_FALSE(is_control(value));
}

}  // namespace
}  // namespace tokensyncd
