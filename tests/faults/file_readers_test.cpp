#include <atomic>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sink_desk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;

/// Long enough to need more than one page, and of one letter, so that any mixture shows.
std::string token_of(std::uint32_t generation) {
  return std::string(4096, static_cast<char>('a' + generation % 26));
}

/// Writes rotation after rotation and reports each that is durable.
[[noreturn]] void rotate_for_ever(sink_desk& above, std::uint32_t first, int report) {
  // Its own loop and threads: those of the parent aren't here.
  auto* const desk = new sink_desk;
  desk->settings = above.settings;
  const writer_identity by{above.key};
  const auto made = desk->make(by);
  for (std::uint32_t generation = first;; ++generation) {
    if (!desk->deliver(*made, token_of(generation), generation)) ::_exit(1);
    if (::write(report, &generation, sizeof generation) != sizeof generation) ::_exit(2);
  }
}

struct sightings {
  int looks = 0;
  int missing = 0;
  int wider = 0;
  int not_whole = 0;
  std::set<char> letters{};
};

/// Opens the path again and again, as consumers do, until told to stop.
sightings read_until(const std::filesystem::path& file, const std::atomic<bool>& stop) {
  sightings seen;
  std::string bytes(8192, '\0');
  while (!stop) {
    ++seen.looks;
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) {
      ++seen.missing;
      continue;
    }
    struct stat what{};
    ::fstat(opened, &what);
    if ((what.st_mode & 07777U & ~0600U) != 0) ++seen.wider;
    const ssize_t got = ::read(opened, bytes.data(), bytes.size());
    ::close(opened);
    const bool whole = got == 4096 && bytes.find_first_not_of(bytes[0]) >= 4096;
    if (!whole) ++seen.not_whole;
    seen.letters.insert(bytes[0]);
  }
  return seen;
}

TEST(file_readers, see_old_or_new_while_the_writer_is_killed_again_and_again) {
  sink_desk desk;
  ASSERT_TRUE(desk.deliver(token_of(0), 1));
  std::minstd_rand rng{20261123};
  std::atomic<bool> stop{false};
  sightings seen;
  std::uint32_t reached = 0;
  std::vector<std::thread> reader;
  for (int round = 0; round < 50; ++round) {
    int report[2];
    ASSERT_EQ(::pipe2(report, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) rotate_for_ever(desk, reached + 1, report[1]);
    ::close(report[1]);
    if (reader.empty()) reader.emplace_back([&] { seen = read_until(desk.file(), stop); });
    std::uint32_t generation = 0;
    const auto wanted = static_cast<int>(20 + rng() % 60);
    for (int i = 0; i < wanted; ++i) {
      if (::read(report[0], &generation, sizeof generation) != sizeof generation) break;
      reached = generation;
    }
    ::kill(child, SIGKILL);
    while (::read(report[0], &generation, sizeof generation) == sizeof generation)
      reached = generation;
    ::close(report[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) ADD_FAILURE() << "the writer failed: " << WEXITSTATUS(status);
    const std::string found = bytes_of(desk.file());
    // What was reported is there, or the next one, which wasn't reported any more.
    EXPECT_TRUE(found == token_of(reached) || found == token_of(reached + 1)) << "round " << round;
  }
  stop = true;
  for (std::thread& each : reader) each.join();
  EXPECT_GE(reached, 1000U);
  EXPECT_GT(seen.looks, 1000);
  EXPECT_EQ(seen.missing, 0);
  EXPECT_EQ(seen.wider, 0);
  EXPECT_EQ(seen.not_whole, 0);
  EXPECT_GT(seen.letters.size(), 10U);

  const writer_identity last{desk.key};
  ASSERT_TRUE(desk.deliver(*desk.make(last), token_of(0), reached + 2));
  EXPECT_THAT(desk.names(), testing::ElementsAre("acme"));
}

}  // namespace
}  // namespace tokensyncd::sinks
