// A file of several tokens, of which one is changed: killed and refused at each step.
#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sinks/file/group/group_writer.hpp"
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

TEST(group_file, says_nothing_of_entries_while_they_are_written) {
  counted_system system;
  group_desk desk{&system};
  desk.deliver_all();
  stale_temp_files sweeper{system, desk.identity};
  group_writer writer{desk.settings, desk.context(desk.identity), sweeper};
  std::size_t looks = 0;
  bool has_looked = false;
  system.before = [&](std::string_view step, int) {
    if (step != "fsync_directory" || std::exchange(has_looked, true)) return 0;
    // It has its name, and the writer doesn't know yet how that ended.
    std::vector<entry_look> all;
    for (const char* each : {"acme", "bolt"}) all.push_back({desk.map().string(), each});
    writer.look(all);
    for (const entry_look& each : all) looks += each.is_moving && !each.is_touched ? 1 : 0;
    return 0;
  };
  group_request request{desk.map().string(), "bolt"};
  request.entry = secret{"bolt bolt2;\n"};
  const group_members members{{"acme", true}, {"bolt", true}, {"corp", true}};
  request.members = std::make_shared<const group_members>(members);
  group_request* const only = &request;
  writer.run({&only, 1});
  ASSERT_TRUE(request.stranger) << "of an earlier run";
  request.may_replace = std::exchange(request.stranger, std::nullopt);
  writer.run({&only, 1});
  ASSERT_TRUE(request.outcome);
  EXPECT_EQ(bytes_of(desk.map()), new_text);
  EXPECT_EQ(looks, 2U);
  std::vector<entry_look> after;
  after.push_back({desk.map().string(), "bolt"});
  writer.look(after);
  EXPECT_FALSE(after.front().is_moving);
  EXPECT_FALSE(after.front().is_touched);
}

TEST(group_file, remembers_an_entry_whose_write_may_have_been_done) {
  counted_system system;
  group_desk desk{&system};
  desk.deliver_all();
  system.before = [](std::string_view step, int) { return step == "fsync_directory" ? EIO : 0; };
  ASSERT_FALSE(desk.deliver("bolt", "bolt2"));
  EXPECT_NE(desk.uncertain, sync::etag{});
  const auto left = desk.uncertain;
  system.before = [](std::string_view step, int) { return step == "create" ? EIO : 0; };
  ASSERT_FALSE(desk.deliver("bolt", "bolt3"));
  EXPECT_EQ(desk.uncertain, left) << "nothing was written this time";
  system.before = [](std::string_view, int) { return 0; };
  ASSERT_TRUE(desk.deliver("bolt", "bolt3"));
  EXPECT_EQ(desk.uncertain, sync::etag{});
}

}  // namespace
}  // namespace tokensyncd::sinks
