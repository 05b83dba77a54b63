#include "daemon/runtime/text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string printable(std::string_view text, std::size_t limit = 4096) {
  std::string out;
  append_printable(out, text, limit);
  return out;
}

TEST(json_string, keeps_ordinary_text_and_escapes_what_json_must) {
  EXPECT_EQ(as_json("Zürich €"), "\"Zürich €\"");
  EXPECT_EQ(as_json("a\"b\\c\n"), R"("a\"b\\c\n")");
  EXPECT_EQ(as_json(std::string_view("\0\x1b\x7f", 3)), R"("\u0000\u001b\u007f")");
  EXPECT_EQ(as_json("\xc2\x9b"), R"("\u009b")") << "a C1 control starts a terminal sequence too";
}

TEST(json_string, replaces_every_byte_that_is_not_utf8) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(as_json("\xff"), '"' + bad + '"');
  EXPECT_EQ(as_json("a\xc3"), "\"a" + bad + '"') << "cut at the end";
  EXPECT_EQ(as_json("\xc0\xaf"), '"' + bad + bad + '"') << "overlong";
  EXPECT_EQ(as_json("\xed\xa0\x80"), '"' + bad + bad + bad + '"') << "surrogate";
  EXPECT_EQ(as_json("\xf4\x90\x80\x80"), '"' + bad + bad + bad + bad + '"') << "over U+10FFFF";
  EXPECT_EQ(as_json("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(printable_text, cannot_break_a_line_or_talk_to_a_terminal) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "evil"),
            "\\u202eevil")
      << "right-to-left override";
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\u2028");
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("Zürich"), "Zürich");
}

TEST(printable_text, is_cut_between_characters) {
  EXPECT_EQ(printable(std::string(600, 'x'), 5), "xxxxx…");
  EXPECT_EQ(printable("éé", 3), "é…");
  EXPECT_EQ(printable("éé", 4), "éé");
}

}  // namespace
}  // namespace tokensyncd
