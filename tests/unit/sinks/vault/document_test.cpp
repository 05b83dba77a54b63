#include "daemon/sinks/vault/secret/document.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

std::string nested(unsigned deep) {
  std::string text = R"({"a":)";
  for (unsigned i = 1; i < deep; ++i) text += '[';
  text += "1";
  for (unsigned i = 1; i < deep; ++i) text += ']';
  return text + "}";
}

TEST(document, is_empty_before_anything_is_read) {
  EXPECT_TRUE(document{}.root().empty());
}

TEST(document, reads_one_object_with_white_space_around) {
  document text;
  ASSERT_TRUE(text.read(" \r\n{\"token\":\"\\u00e4\\n\"}\t\n"));
  EXPECT_EQ(text_in(text.root(), "token"), "\xC3\xA4\n");
}

TEST(document, takes_the_last_of_members_with_one_name) {
  document text;
  ASSERT_TRUE(text.read(R"({"a":"1","b":"x","a":"2"})"));
  EXPECT_EQ(text.root().size(), 2U);
  EXPECT_EQ(text_in(text.root(), "a"), "2");
}

TEST(document, reads_32_deep_and_no_deeper) {
  document text;
  EXPECT_TRUE(text.read(nested(32)));
  EXPECT_FALSE(text.read(nested(33)));
  EXPECT_FALSE(text.read(nested(100'000)));
}

TEST(document, reads_nothing_but_one_whole_object) {
  for (const std::string bad : {"",
                                " ",
                                "null",
                                "7",
                                R"("text")",
                                "[]",
                                R"([{"a":1}])",
                                "{",
                                R"({"a")",
                                R"({"a":)",
                                R"({"a":1)",
                                R"({"a":1,})",
                                R"({a:1})",
                                R"({'a':1})",
                                R"({"a":1}{"b":2})",
                                R"({"a":1}x)",
                                R"({"a":1} //)",
                                R"({"a":NaN})",
                                R"({"a":01})",
                                "{\"a\":\"\xFF\"}",
                                "{\"a\":\"\n\"}",
                                R"({"a":"\ud800"})",
                                R"({"a":"\x"})",
                                "\xEF\xBB\xBF{}",
                                "<html></html>"}) {
    document text;
    EXPECT_FALSE(text.read(bad)) << bad;
    EXPECT_TRUE(text.root().empty()) << bad;
  }
  document text;
  EXPECT_FALSE(text.read(std::string("{}\0", 3)));
}

TEST(document, forgets_what_it_held_when_it_reads_again) {
  document text;
  ASSERT_TRUE(text.read(R"({"a":1})"));
  ASSERT_TRUE(text.read(R"({"b":2})"));
  EXPECT_FALSE(text.root().contains("a"));
  EXPECT_FALSE(text.read("no"));
  EXPECT_TRUE(text.root().empty());
}

TEST(document, moves_over_another_that_holds_something) {
  document over;
  ASSERT_TRUE(over.read(R"({"old":{"a":"a text that is too long for a small buffer"}})"));
  document from;
  ASSERT_TRUE(from.read(R"({"new":"another text that is too long for a small buffer"})"));
  over = std::move(from);
  EXPECT_EQ(over.root().size(), 1U);
  EXPECT_EQ(text_in(over.root(), "new"), "another text that is too long for a small buffer");
  over = document{};
  EXPECT_TRUE(over.root().empty());
}

TEST(document, is_empty_and_can_be_read_again_after_it_was_moved_from) {
  document from;
  ASSERT_TRUE(from.read(R"({"a":1})"));
  const document to = std::move(from);
  EXPECT_EQ(number_in(to.root(), "a"), 1U);
  // What is left is said to be empty. NOLINTBEGIN(bugprone-use-after-move)
  EXPECT_TRUE(from.root().empty());
  EXPECT_TRUE(from.read(R"({"b":2})"));
  EXPECT_EQ(number_in(from.root(), "b"), 2U);
  // NOLINTEND(bugprone-use-after-move)
}

TEST(document, finds_members_of_the_kind_that_is_asked_for_alone) {
  document text;
  ASSERT_TRUE(
      text.read(R"({"object":{},"text":"t","zero":0,"large":18446744073709551615,"negative":-1,)"
                R"("broken":1.0,"true":true,"false":false,"null":null,"list":[]})"));
  const auto& root = text.root();
  for (const auto& member : root) {
    const std::string name{member.key()};
    EXPECT_EQ(object_in(root, name) != nullptr, name == "object") << name;
    EXPECT_EQ(text_in(root, name).has_value(), name == "text") << name;
    EXPECT_EQ(number_in(root, name).has_value(), name == "zero" || name == "large") << name;
    EXPECT_EQ(is_true_in(root, name), name == "true") << name;
  }
  EXPECT_EQ(number_in(root, "large"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(object_in(root, "absent"), nullptr);
  EXPECT_FALSE(text_in(root, "absent"));
  EXPECT_FALSE(number_in(root, "absent"));
  EXPECT_FALSE(is_true_in(root, "absent"));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
