#include "daemon/commands/rotate/tally.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::commands {
namespace {

rotate_options options_of(bool all) {
  rotate_options options;
  options.workspaces = {"a", "b"};
  options.all = all;
  return options;
}

rotation_line line_of(const char* outcome) {
  rotation_line line;
  line.workspace = "a";
  line.outcome = outcome;
  return line;
}

TEST(a_tally, goes_on_after_a_named_workspace_that_was_refused) {
  tally told{options_of(false), rotated_by::command};
  EXPECT_TRUE(told.take(line_of("refused")));
  EXPECT_FALSE(told.has_rotated());
}

TEST(a_tally, of_all_stops_at_what_was_refused) {
  tally told{options_of(true), rotated_by::command};
  EXPECT_FALSE(told.take(line_of("refused")));
  EXPECT_EQ(told.sum_up(), exit_code::no);
}

TEST(a_tally, knows_of_a_rotation_that_is_not_everywhere_yet) {
  for (const bool all : {false, true}) {
    tally told{options_of(all), rotated_by::command};
    EXPECT_FALSE(told.take(line_of("rotated")));
    EXPECT_TRUE(told.has_rotated()) << "its hooks have to be waited for";
  }
}

}  // namespace
}  // namespace tokensyncd::commands
