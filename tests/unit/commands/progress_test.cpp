#include "daemon/commands/console/progress.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tokensyncd::commands;

TEST(progress, the_bar_fills_with_what_is_done) {
  EXPECT_EQ(render_bar({0, 10, 0}, 40), "[------------------------] 0/10 in sync");
  EXPECT_EQ(render_bar({5, 10, 0}, 40), "[############------------] 5/10 in sync");
  EXPECT_EQ(render_bar({10, 10, 0}, 40), "[#######################] 10/10 in sync");
}

TEST(progress, the_bar_never_fills_the_terminals_last_column) {
  for (std::size_t columns = 30; columns != 200; ++columns) {
    EXPECT_LT(render_bar({123, 456, 7}, columns).size(), columns);
  }
}

TEST(progress, a_narrow_terminal_gets_the_figures_alone) {
  EXPECT_EQ(render_bar({5, 10, 0}, 20), "5/10 in sync");
}

TEST(progress, nothing_to_do_is_done) {
  EXPECT_EQ(render_bar({0, 0, 0}, 36), "[#####################] 0/0 in sync");
}

TEST(progress, workspaces_that_are_gone_are_told) {
  EXPECT_EQ(render_bar({1, 1, 2}, 10), "1/1 in sync, 2 gone");
}

TEST(progress, plain_lines_come_with_each_tenth) {
  EXPECT_EQ(render_step({0, 100, 0}, {9, 100, 0}), "");
  EXPECT_EQ(render_step({9, 100, 0}, {10, 100, 0}), "10/100 in sync");
}

TEST(progress, plain_lines_come_when_a_workspace_turns_out_to_be_gone) {
  EXPECT_EQ(render_step({0, 100, 0}, {0, 99, 1}), "0/99 in sync, 1 gone");
}

TEST(progress, the_last_line_says_that_all_is_there) {
  EXPECT_EQ(render_step({999, 1000, 0}, {1000, 1000, 0}), "1000/1000 in sync");
  EXPECT_EQ(render_step({1000, 1000, 0}, {1000, 1000, 0}), "");
}

}  // namespace
