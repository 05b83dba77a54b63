// A file of several tokens, of which one is changed: killed and refused at each step.
#include <cerrno>
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/counted_system.hpp"
#include "tests/support/group_desk.hpp"
#include "tests/support/in_child.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::ElementsAre;

constexpr const char* old_text = group_desk::all_three;
constexpr const char* new_text = "map {\nacme acme1;\nbolt bolt2;\ncorp corp1;\n}\n";

/// As killed_at() in file_kill_test.
bool group_killed_at(int step, group_desk& of) {
  const int code = in_child([&] {
    counted_system system;
    system.before = [step](std::string_view, int number) {
      if (number == step) ::raise(SIGKILL);
      return 0;
    };
    group_desk desk{&system};
    desk.settings = of.settings;
    desk.identity = writer_identity{of.key};
    desk.recorded = of.recorded;
    std::filesystem::remove(desk.directory.path());  // empty; a kill would leave it behind
    desk.sink = desk.make();
    static_cast<void>(desk.deliver("bolt", "bolt2"));
    return child_passed;
  });
  return code == -1;
}

TEST(group_file, killed_at_every_step_has_every_token_and_the_next_run_finishes) {
  bool reached = true;
  int step = 0;
  while (reached) {
    ASSERT_LT(++step, 100);
    group_desk desk;
    desk.deliver_all();
    reached = group_killed_at(step, desk);
    const std::string found = bytes_of(desk.map());
    EXPECT_TRUE(found == old_text || found == new_text) << "step " << step << ": " << found;
    const writer_identity next_run{desk.key};
    desk.sink = desk.make(next_run);
    ASSERT_TRUE(desk.deliver("bolt", "bolt2")) << "step " << step;
    EXPECT_EQ(bytes_of(desk.map()), new_text);
    EXPECT_THAT(desk.names(), ElementsAre("tokens.map")) << "step " << step;
    EXPECT_THAT(desk.drifted(), ElementsAre()) << "step " << step;
  }
  EXPECT_GT(step, 15);
}

TEST(group_file, keeps_every_token_whichever_step_fails) {
  for (const int error : {EIO, ENOSPC, EACCES}) {
    bool reached = true;
    std::size_t step = 0;
    while (reached) {
      ASSERT_LT(++step, 100U);
      counted_system system;
      group_desk desk{&system};
      desk.deliver_all();
      system.steps.clear();
      system.before = [&](std::string_view, int) {
        return system.steps.size() == step ? error : 0;
      };
      const auto outcome = desk.deliver("bolt", "bolt2");
      reached = system.steps.size() >= step;
      const std::string found = bytes_of(desk.map());
      EXPECT_TRUE(found == new_text || (!outcome && found == old_text)) << step << ": " << found;
      if (!outcome) {
        EXPECT_THAT(outcome.error().sentence, testing::Not(testing::HasSubstr("bolt2")));
      }
      system.before = [](std::string_view, int) { return 0; };
      ASSERT_TRUE(desk.deliver("bolt", "bolt2")) << step;
      EXPECT_EQ(bytes_of(desk.map()), new_text);
      EXPECT_THAT(desk.names(), ElementsAre("tokens.map")) << step;
    }
    EXPECT_GT(step, 15U);
  }
}

}  // namespace
}  // namespace tokensyncd::sinks
