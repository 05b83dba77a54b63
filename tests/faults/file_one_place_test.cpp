// Two names of one place: neither another entry's file nor one of the daemon's own is overwritten.
#include <array>
#include <map>

#include <sys/mount.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sinks/file/commit/file_commit.hpp"
#include "tests/faults/one_place_world.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/small_disk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using testing::HasSubstr;

TEST(one_place, by_a_linked_directory_stays_the_first_ones) {
  entries all;
  EXPECT_EQ(all.tried("real", "acme", "s3cret-1"), "delivered");
  const std::string refused = all.tried("link", "acme", "s3cret-2");
  EXPECT_THAT(refused, HasSubstr("conflict: "));
  EXPECT_THAT(refused,
              HasSubstr("link/acme leads to the file of the workspace `acme` of the sink"));
  EXPECT_EQ(all.content("real/acme"), "s3cret-1");
  EXPECT_EQ(all.tried("real", "acme", "s3cret-3", 2), "delivered");
  EXPECT_THAT(all.tried("link", "acme", "s3cret-2"), HasSubstr("conflict: "));
  EXPECT_EQ(all.content("real/acme"), "s3cret-3");
  // Until the first one leaves.
  all.recorded.erase({"real", "acme"});
  EXPECT_EQ(all.tried("link", "acme", "s3cret-2"), "delivered");
  EXPECT_EQ(all.content("real/acme"), "s3cret-2");
}

TEST(one_place, that_two_come_to_at_once_is_one_ones) {
  for (int round = 0; round < 20; ++round) {
    entries all;
    std::array<std::string, 2> how;
    const auto one = [&all](std::string folder, std::string token, std::string& into) -> task<> {
      into = entries::told(co_await all.deliver(folder, "acme", token, 1));
    };
    const auto ignore = [](const std::exception_ptr&) {};
    asio::co_spawn(all.desk.loop, one("real", "s3cret-1", how[0]), ignore);
    asio::co_spawn(all.desk.loop, one("link", "s3cret-2", how[1]), ignore);
    all.desk.loop.run();
    const bool first = how[0] == "delivered";
    EXPECT_EQ(how[first ? 0 : 1], "delivered");
    EXPECT_THAT(how[first ? 1 : 0], HasSubstr("conflict: "));
    EXPECT_EQ(all.content("real/acme"), first ? "s3cret-1" : "s3cret-2");
  }
}

TEST(one_place, that_another_has_written_and_not_recorded_yet_is_claimed) {
  entries all;
  system_calls system;
  stale_temp_files sweeper{system, all.desk.identity};
  const workshop with{system, all.desk.identity, sweeper};
  const auto commit = [&](file_write_request& order) {
    const std::array<file_write_request*, 1> orders{&order};
    commit_files(orders, permissions{}, with, *all.desk.guard);
  };
  file_write_request first{(all.desk.directory / "real/acme").string(), secret{"s3cret-1"}};
  file_write_request second{(all.desk.directory / "link/acme").string(), secret{"s3cret-2"}};
  commit(first);
  ASSERT_TRUE(first.outcome);
  commit(second);
  ASSERT_FALSE(second.outcome);
  EXPECT_EQ(second.outcome.error().kind, failure_kind::conflict);
  EXPECT_THAT(second.outcome.error().sentence, HasSubstr("the file of the entry at " + first.path));
  EXPECT_EQ(all.content("real/acme"), "s3cret-1");
  all.desk.guard->release(first.path);
  commit(second);
  ASSERT_TRUE(second.stranger) << "somebody's file stands there";
  const file_id found{second.stranger->words[0], second.stranger->words[1]};
  EXPECT_EQ(all.desk.guard->claim(found, first.path), second.path)
      << "while it is looked whose it is";
  second.may_replace = std::exchange(second.stranger, std::nullopt);
  commit(second);
  EXPECT_TRUE(second.outcome) << "as nobody has recorded it";
}

TEST(one_place, where_a_directory_becomes_a_link_later_stays_who_it_was) {
  entries all;
  std::filesystem::create_directory(all.desk.directory / "other");
  EXPECT_EQ(all.tried("real", "acme", "s3cret-1"), "delivered");
  EXPECT_EQ(all.tried("other", "acme", "s3cret-2"), "delivered");
  std::filesystem::remove_all(all.desk.directory / "other");
  std::filesystem::create_directory_symlink(all.desk.directory / "real",
                                            all.desk.directory / "other");
  EXPECT_THAT(all.tried("other", "acme", "s3cret-3", 2), HasSubstr("conflict: "));
  EXPECT_EQ(all.content("real/acme"), "s3cret-1");
}

TEST(one_place, by_a_bind_mount_stays_the_first_ones) {
  const int code = in_child([] {
    entries all;
    std::filesystem::create_directory(all.desk.directory / "mounted");
    if (!mount_small_disk((all.desk.directory / "mounted").string(), 256U << 10U))
      return child_skipped;
    if (::mount((all.desk.directory / "real").c_str(), (all.desk.directory / "mounted").c_str(),
                nullptr, MS_BIND, nullptr) != 0)
      return child_skipped;
    EXPECT_EQ(all.tried("real", "acme", "s3cret-1"), "delivered");
    EXPECT_THAT(all.tried("mounted", "acme", "s3cret-2"), HasSubstr("conflict: "));
    EXPECT_EQ(all.content("real/acme"), "s3cret-1");
    ::umount((all.desk.directory / "mounted").c_str());
    ::umount((all.desk.directory / "mounted").c_str());
    return child_passed;
  });
  if (code == child_skipped) GTEST_SKIP() << "mounting isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

class a_file_system_that_ignores_case : public testing::TestWithParam<bool> {};

TEST_P(a_file_system_that_ignores_case, keeps_the_file_of_the_first) {
  folding_system system;
  system.is_old = GetParam();
  entries all{&system};
  // In one commit as well, where none of the files is there yet.
  std::map<std::string, std::string> how;
  const auto one = [&](std::string workspace, std::string token) -> task<> {
    how[workspace] = entries::told(co_await all.deliver("real", workspace, token, 1));
  };
  const auto ignore = [](const std::exception_ptr&) {};
  for (const char* each : {"lead", "acme", "ACME"})
    asio::co_spawn(all.desk.loop, one(each, std::string{"s3cret-"} + each), ignore);
  all.desk.loop.run();
  EXPECT_EQ(how["acme"], "delivered");
  EXPECT_THAT(how["ACME"], HasSubstr("conflict: "));
  EXPECT_EQ(all.content("real/acme"), "s3cret-acme");
  EXPECT_THAT(all.tried("real", "Acme", "s3cret-Acme"), HasSubstr("conflict: "));
  EXPECT_EQ(all.tried("real", "acme", "s3cret-next", 2), "delivered");
  EXPECT_EQ(all.content("real/acme"), "s3cret-next");
}

INSTANTIATE_TEST_SUITE_P(new_or_old, a_file_system_that_ignores_case, testing::Bool(),
                         [](const auto& param) { return param.param ? "old" : "new_one"; });

/// A file of the daemon's own below the directory, with another content than a token's.
class an_own_file : public testing::Test {
 protected:
  void protect(const std::string& path, bool is_pattern = false) {
    all.desk.guard->protect({{(all.desk.directory / path).string(), "`that.key`", is_pattern}});
  }
  void expect_refused(const std::string& folder, const std::string& workspace) {
    const auto how = run_task(all.desk.loop, all.deliver(folder, workspace, "s3cret", 1));
    ASSERT_FALSE(how);
    EXPECT_EQ(how.error().kind, failure_kind::wrong_place);
    EXPECT_THAT(how.error().sentence, HasSubstr("a file of the daemon's own (`that.key`)"));
  }
  void write(const std::string& path) { std::ofstream{all.desk.directory / path} << "own"; }

  entries all;
};

TEST_F(an_own_file, is_kept_from_a_linked_directory) {
  write("real/partner-secret");
  protect("real/partner-secret");
  expect_refused("link", "partner-secret");
  expect_refused("real", "partner-secret");
  EXPECT_EQ(all.content("real/partner-secret"), "own");
  EXPECT_EQ(all.tried("link", "acme", "s3cret"), "delivered");
}

TEST_F(an_own_file, is_kept_where_it_is_reached_by_a_link_itself) {
  write("real/data");
  std::filesystem::create_symlink(all.desk.directory / "real/data", all.desk.directory / "secret");
  protect("secret");
  expect_refused("link", "data");
  EXPECT_EQ(all.content("real/data"), "own");
}

TEST_F(an_own_file, is_kept_before_it_is_there) {
  protect("real/state.db-wal");
  expect_refused("link", "state.db-wal");
  expect_refused("real", "STATE.DB-WAL");
  EXPECT_FALSE(std::filesystem::exists(all.desk.directory / "real/state.db-wal"));
}

TEST_F(an_own_file, may_be_any_that_a_pattern_names) {
  protect("real/*.yaml", true);
  expect_refused("link", "more.yaml");
  EXPECT_EQ(all.tried("link", "more.json", "s3cret"), "delivered");
}

TEST_F(an_own_file, in_another_directory_is_another) {
  std::filesystem::create_directory(all.desk.directory / "other");
  protect("other/acme");
  EXPECT_EQ(all.tried("real", "acme", "s3cret"), "delivered");
}

}  // namespace
}  // namespace tokensyncd::sinks
