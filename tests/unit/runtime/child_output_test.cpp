#include "daemon/runtime/process/child_output.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using testing::ElementsAre;

struct child_output_test : testing::Test {
  std::vector<std::string> lines;
  std::vector<std::string> whole_lines;  ///< with what is there to know a token again
  child_output made{[this](child_stream from, std::string_view line, std::size_t shown) {
    const auto* const stream = from == child_stream::out ? "out " : "err ";
    lines.push_back(stream + std::string(line.substr(0, shown)));
    whole_lines.push_back(stream + std::string(line));
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

TEST_F(child_output_test, of_a_line_that_is_cut_a_token_s_length_more_can_be_looked_at) {
  const std::string almost(child_output::most_bytes - 4, 'x');
  const std::string token(child_output::read_ahead, 'T');
  for (const bool ends : {true, false}) {
    lines.clear();
    whole_lines.clear();
    child_output cut{[this](child_stream, std::string_view line, std::size_t shown) {
      lines.emplace_back(line.substr(0, shown));
      whole_lines.emplace_back(line);
    }};
    for (const char each : almost + " a, " + token + (ends ? "\nmore" : "")) {
      cut.add(child_stream::out, std::string_view(&each, 1));
    }
    cut.finish();
    EXPECT_THAT(lines, ElementsAre(almost + " a, ", "…cut")) << ends;
    EXPECT_EQ(whole_lines[0], almost + " a, " + token) << ends;
  }
}

TEST_F(child_output_test, what_both_streams_have_begun_has_room_for_one) {
  const std::string half(child_output::most_bytes - 10, 'x');
  made.add(child_stream::out, half + " out");
  made.add(child_stream::err, half + " err");
  made.finish();
  EXPECT_THAT(lines, ElementsAre("out " + half + " out", "err …cut"));
}

TEST_F(child_output_test, of_a_word_that_is_too_long_nothing_is_told) {
  made.add(child_stream::err, std::string(20'000, 'x') + "\n");
  EXPECT_THAT(lines, ElementsAre("err …cut"));
}

}  // namespace
}  // namespace tokensyncd
