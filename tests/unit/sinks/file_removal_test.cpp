// What a removal finds where the directory, or its file system, is away.
#include "daemon/sinks/file/file_removal.hpp"

#include <filesystem>
#include <fstream>

#include <sys/vfs.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sinks/file/file_etag.hpp"
#include "tests/unit/sinks/file_sink_fixture.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::HasSubstr;

class file_removal : public a_file_sink {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(destination);
    settings.path = (destination / "{workspace}").string();
    ASSERT_TRUE(deliver("s3cret"));
  }
  result<void> withdraw(const sync::etag& tag) {
    return run_task(loop, make()->withdraw({"acme", labels}, tag));
  }
  void expect_owed(const result<void>& outcome, const std::string& words) {
    ASSERT_FALSE(outcome) << "it counts as done";
    EXPECT_EQ(outcome.error().kind, failure_kind::missing_place);
    EXPECT_THAT(outcome.error().sentence, HasSubstr((destination / "acme").string()));
    EXPECT_THAT(outcome.error().sentence, HasSubstr(words));
  }

  const std::filesystem::path destination = directory / "tokens";
  const std::filesystem::path away = directory / "away";
};

TEST_F(file_removal, is_owed_while_the_directory_is_away_and_done_when_it_is_back) {
  std::filesystem::rename(destination, away);
  expect_owed(withdraw(present->tag), "does not exist");
  std::filesystem::rename(away, destination);
  EXPECT_TRUE(withdraw(present->tag));
  EXPECT_FALSE(std::filesystem::exists(destination / "acme"));
}

TEST_F(file_removal, is_done_where_the_directory_was_made_again_without_the_file) {
  std::filesystem::remove_all(destination);
  expect_owed(withdraw(present->tag), "create it");
  std::filesystem::create_directory(destination);
  EXPECT_TRUE(withdraw(present->tag));
}

TEST_F(file_removal, is_owed_while_another_file_system_is_in_the_directorys_place) {
  std::filesystem::remove(destination / "acme");
  sync::etag elsewhere = present->tag;
  ++elsewhere.words[0];
  expect_owed(withdraw(elsewhere), "another file system");
  EXPECT_TRUE(withdraw(sync::etag{})) << "of which nothing is recorded";
  std::ofstream{destination / "acme"} << "put there to end it";
  const auto ended = withdraw(elsewhere);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, failure_kind::conflict);
  EXPECT_TRUE(std::filesystem::exists(destination / "acme"));
}

TEST_F(file_removal, is_owed_too_of_what_may_come_back_with_the_file_system_before) {
  std::filesystem::remove(destination / "acme");
  sync::etag before = present->tag;
  ++before.words[0];
  present->tag = before;
  ASSERT_TRUE(deliver("s3cret")) << "written anew, as it is missing";
  EXPECT_EQ(uncertain, before);
}

TEST_F(file_removal, is_done_where_the_directory_was_in_memory_and_is_made_anew) {
  const std::filesystem::path shared_memory = "/dev/shm";
  struct statfs system{};
  if (::statfs(shared_memory.c_str(), &system) != 0 || system.f_type != 0x01021994)
    GTEST_SKIP() << "no tmpfs at /dev/shm";
  const auto made = shared_memory / ("tokensyncd-test-" + std::to_string(::getpid()));
  std::filesystem::create_directory(made);
  const struct stat born = stat_of(made);
  sync::etag tag = make_etag(born, 0);
  ++tag.words[0];
  system_calls kernel;
  const std::string file = (made / "acme").string();
  tag.words[2] += 60'000'000'000;
  EXPECT_FALSE(remove_file(kernel, file, tag)) << "the directory is older: its mount is away";
  tag.words[2] -= 120'000'000'000;
  EXPECT_TRUE(remove_file(kernel, file, tag)) << "what was there ended with its memory";
  std::filesystem::remove(made);
}

}  // namespace
}  // namespace tokensyncd::sinks
