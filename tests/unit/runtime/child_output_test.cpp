#include "daemon/runtime/child_output.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using testing::ElementsAre;

struct child_output_test : testing::Test {
  std::vector<std::string> lines;
  child_output made{[this](child_stream from, std::string_view line) {
    lines.push_back((from == child_stream::out ? "out " : "err ") + std::string(line));
  }};
};

TEST_F(child_output_test, a_line_may_come_in_pieces_between_those_of_the_other_stream) {
  made.add(child_stream::out, "hel");
  made.add(child_stream::err, "oops\n");
  made.add(child_stream::out, "lo\r\n\nlast");
  EXPECT_THAT(lines, ElementsAre("err oops", "out hello", "out "));
  made.finish();
  EXPECT_EQ(lines.back(), "out last");
}

TEST_F(child_output_test, after_200_lines_one_says_that_more_came) {
  for (int i = 0; i < 200; ++i) made.add(child_stream::out, "x\n");
  EXPECT_EQ(lines.size(), 200U);
  EXPECT_FALSE(made.is_cut()) << "nothing is missing yet";
  made.add(child_stream::err, "x\n");
  made.add(child_stream::out, "x\n");
  made.finish();
  EXPECT_EQ(lines.size(), 201U);
  EXPECT_EQ(lines.back(), "err …cut");
  EXPECT_TRUE(made.is_cut());
}

TEST_F(child_output_test, after_16_kib_one_says_that_more_came) {
  for (int i = 0; i < 10'000; ++i) made.add(child_stream::out, "x ");
  made.add(child_stream::out, "more\n");
  made.finish();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), 4 + child_output::most_bytes);
  EXPECT_EQ(lines[1], "out …cut");
}

TEST_F(child_output_test, no_word_is_cut_in_two) {
  const std::string almost(child_output::most_bytes - 5, ' ');
  made.add(child_stream::out, almost + "a=\"ha");
  made.add(child_stream::out, "lf\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "out " + almost + "a=\"");
  EXPECT_EQ(lines[1], "out …cut");
}

TEST_F(child_output_test, a_word_that_ends_where_it_is_cut_is_whole) {
  const std::string almost(child_output::most_bytes - 5, ' ');
  made.add(child_stream::out, almost + "whole next\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "out " + almost + "whole");
}

TEST_F(child_output_test, of_a_word_that_is_too_long_nothing_is_told) {
  made.add(child_stream::err, std::string(20'000, 'x') + "\n");
  EXPECT_THAT(lines, ElementsAre("err …cut"));
}

}  // namespace
}  // namespace tokensyncd
