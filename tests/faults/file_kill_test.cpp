#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/counted_system.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/sink_desk.hpp"

// ThreadSanitizer refuses threads in the child of a process with threads; the children here make
// their own and touch none of the parent's.
extern "C" const char* __tsan_default_options();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "die_after_fork=0";
}

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::ElementsAre;

/// A run of its own, with its own threads, that ends with SIGKILL before the step of this number;
/// returns whether it got so far.
bool killed_at(int step, const config::file_sink_settings& settings, const installation_key& key,
               const std::optional<sync::recorded>& present) {
  const int code = in_child([&] {
    counted_system system;
    system.before = [step](std::string_view, int number) {
      if (number == step) ::raise(SIGKILL);
      return 0;
    };
    sink_desk desk{&system};
    desk.settings = settings;
    desk.identity = writer_identity{key};
    desk.present = present;
    std::filesystem::remove(desk.directory.path());  // empty; a kill would leave it behind
    desk.deliver("s3cret-new", 2);
    return child_passed;
  });
  return code == -1;
}

TEST(file_kill, at_every_step_leaves_old_or_new_and_the_next_run_finishes_and_sweeps) {
  bool reached = true;
  int left_behind = 0;
  int step = 0;
  while (reached) {
    ++step;
    ASSERT_LT(step, 100);
    sink_desk desk;
    desk.settings.mode = 0640;
    desk.settings.group = std::to_string(::getegid());
    ASSERT_TRUE(desk.deliver("s3cret-old"));

    reached = killed_at(step, desk.settings, desk.key, desk.present);

    const std::string found = bytes_of(desk.file());
    EXPECT_TRUE(found == "s3cret-old" || found == "s3cret-new") << "step " << step;
    EXPECT_EQ(mode_of(desk.file()), 0640U) << "step " << step;
    for (const std::string& name : desk.names()) {
      if (name == "acme") continue;
      ++left_behind;
      EXPECT_EQ(mode_of(desk.directory / name) & ~0640U, 0U) << "step " << step;
    }
    const writer_identity next_run{desk.key};
    const auto again = desk.deliver(*desk.make(next_run), "s3cret-new", 2);
    ASSERT_TRUE(again) << "step " << step << ": " << again.error().sentence;
    EXPECT_EQ(bytes_of(desk.file()), "s3cret-new");
    EXPECT_THAT(desk.names(), ElementsAre("acme")) << "step " << step;
    EXPECT_FALSE(desk.drifted());
  }
  // Else it would have shown nothing: there are steps, and some of them leave a temporary.
  EXPECT_GT(step, 10);
  EXPECT_GT(left_behind, 3);
}

}  // namespace
}  // namespace tokensyncd::sinks
