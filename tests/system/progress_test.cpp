#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// What begins a bar: back to the line's begin, and all of the line gone.
constexpr std::string_view anew = "\r\x1b[K";

/// The bars that were shown one after the other, up to the first line's end.
std::vector<std::string> bars_of(std::string shown) {
  shown.resize(shown.find('\n'));
  std::vector<std::string> bars;
  for (auto at = shown.find(anew); at != std::string::npos;) {
    const auto next = shown.find(anew, at + 1);
    bars.push_back(shown.substr(at + anew.size(), next - at - anew.size()));
    at = next;
  }
  return bars;
}

class progress_test : public testing::Test {
 protected:
  sandbox api_{{.workspaces = {"acme", "beta", "gamma"}}};
  daemon daemon_{api_, {.workspaces = {"acme", "beta", "gamma"}}};
};

TEST_F(progress_test, is_a_bar_on_a_terminal_that_ends_with_a_clean_line) {
  const auto ended = daemon_.command_on_terminal({"once"}, 60);
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.output, StartsWith(anew));
  const auto bars = bars_of(ended.output);
  ASSERT_GE(bars.size(), 2U);
  EXPECT_THAT(bars.front(), EndsWith("] 0/3 in sync"));
  // A terminal shows `\n` as `\r\n`.
  EXPECT_THAT(bars.back(), StartsWith("[#"));
  EXPECT_THAT(ended.output, EndsWith("#] 3/3 in sync\r\n"));
}

TEST_F(progress_test, never_fills_the_line_of_a_terminal) {
  for (const std::size_t columns : {20U, 40U, 300U}) {
    const auto ended = daemon_.command_on_terminal({"once"}, static_cast<unsigned short>(columns));
    EXPECT_EQ(ended.exit_code, 0);
    for (auto bar : bars_of(ended.output)) {
      if (bar.ends_with('\r')) bar.pop_back();
      EXPECT_LT(bar.size(), columns) << bar;
      EXPECT_TRUE(std::all_of(bar.begin(), bar.end(), [](char c) { return c >= ' ' && c <= '~'; }))
          << bar;
    }
  }
}

TEST_F(progress_test, leaves_the_bar_before_it_says_what_is_missing) {
  daemon_.configure({.workspaces = {"acme", "ghost"}});
  const auto ended = daemon_.command_on_terminal({"once"}, 80);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.output, HasSubstr("1/1 in sync, 1 gone\r\ntokensyncd: ghost is not in sync"));
}

TEST_F(progress_test, is_plain_lines_where_there_is_no_terminal) {
  const auto ended = daemon_.command({"once"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.errors, HasSubstr("\n3/3 in sync\n"));
  EXPECT_THAT(ended.errors + ended.output, Not(HasSubstr("\x1b")));
  EXPECT_THAT(ended.errors + ended.output, Not(HasSubstr("\r")));
}

}  // namespace
}  // namespace tokensyncd::tests
