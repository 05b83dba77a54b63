#include "daemon/commands/console/table.hpp"

#include <gtest/gtest.h>

namespace {

using tokensyncd::commands::cut_to;
using tokensyncd::commands::render_table;

TEST(table, columns_are_as_wide_as_their_widest_cell) {
  EXPECT_EQ(render_table({{"ID", "STATE"}, {"acme-support", "ok"}}),
            "ID            STATE\n"
            "acme-support  ok\n");
}

TEST(table, an_empty_last_cell_leaves_no_blanks_at_the_end) {
  EXPECT_EQ(render_table({{"A", "TROUBLE"}, {"x", ""}}), "A  TROUBLE\nx\n");
}

TEST(table, letters_beyond_ascii_count_once) {
  EXPECT_EQ(render_table({{"ID", "X"}, {"zürich", "1"}, {"berlin", "2"}}),
            "ID      X\n"
            "zürich  1\n"
            "berlin  2\n");
}

TEST(table, says_how_many_lines_a_limit_leaves_out) {
  EXPECT_EQ(render_table({{"ID"}, {"a"}, {"b"}, {"c"}}, 2), "ID\na\nb\nand 1 more\n");
  EXPECT_EQ(render_table({{"ID"}, {"a"}, {"b"}}, 2), "ID\na\nb\n");
}

TEST(table, is_cut_to_a_screen_by_characters) {
  EXPECT_EQ(cut_to("zürich\nx\n", 2, 3), "zür\nx");
  EXPECT_EQ(cut_to("a\nb\nc\n", 2, 80), "a\nb");
  EXPECT_EQ(cut_to("", 2, 80), "");
}

TEST(table, control_characters_dont_reach_the_terminal) {
  EXPECT_EQ(render_table({{"a\x1b[2J\nb\x7f"}}), "a?[2J?b?\n");
}

}  // namespace
