#include <csignal>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

/// The child's life: saves generation after generation, and tells each one that is acknowledged.
/// Workspace and place change in one save, so that half a save would show.
[[noreturn]] void save_for_ever(const std::filesystem::path& file, std::uint32_t first,
                                int report) {
  const opened made = must_open(file);
  for (std::uint32_t generation = first;; ++generation) {
    const auto saved =
        save(*made.state, {workspace_of("acme", generation), presence_of("acme", generation)});
    if (!saved) ::_exit(1);
    if (::write(report, &generation, sizeof generation) != sizeof generation) ::_exit(2);
  }
}

std::uint32_t last_reported(int from) {
  std::uint32_t generation = 0;
  std::uint32_t last = 0;
  while (::read(from, &generation, sizeof generation) == sizeof generation) last = generation;
  return last;
}

TEST(store_kill, what_was_acknowledged_outlives_kill_9_in_every_round) {
  const temporary_directory directory;
  const auto file = directory / "state.db";
  std::minstd_rand rng{20261123};
  std::uint32_t reached = 0;
  installation_key key = must_open(file).key;
  for (int round = 0; round < 40; ++round) {
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(report[0]);
      save_for_ever(file, reached + 1, report[1]);
    }
    ::close(report[1]);
    // A number of saves, not of milliseconds: the moment within a save is up to the scheduler.
    std::uint32_t seen = 0;
    const auto wanted = static_cast<std::uint32_t>(rng() % 60);
    for (std::uint32_t i = 0; i < wanted; ++i)
      if (::read(report[0], &seen, sizeof seen) != sizeof seen) break;
    ::kill(child, SIGKILL);
    seen = std::max(seen, last_reported(report[0]));
    ::close(report[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed with " << WEXITSTATUS(status);

    const opened made = must_open(file);
    EXPECT_FALSE(made.notice);
    EXPECT_EQ(made.key, key);
    const content all = load_all(*made.state);
    if (all.workspaces.empty()) {
      ASSERT_EQ(seen, 0U);
      continue;
    }
    const std::uint32_t stored = all.workspaces.at("acme").wanted.generation;
    ASSERT_GE(stored, seen);
    ASSERT_LE(stored, std::max(seen, reached) + 1);
    ASSERT_EQ(all.presences.at("file:/run/tokens/acme").generation, stored);
    reached = stored;
  }
  EXPECT_GT(reached, 100U);
}

}  // namespace
}  // namespace tokensyncd::store::tests
