#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sinks/file_sink_fixture.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using sync::write_result;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(a_file_sink, names_its_place_by_where_it_writes) {
  labels = {{"customer", "blue"}};
  settings.path = "/run/{label.customer}/{workspace}.token";
  EXPECT_EQ(make()->destination({"acme", labels}), "file:/run/blue/acme.token");
  EXPECT_EQ(make()->type(), "file");
}

TEST_F(a_file_sink, writes_a_private_file_with_the_token_alone) {
  expect_delivered(deliver("s3cret"), write_result::written);
  EXPECT_EQ(bytes_of(file()), "s3cret");
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_THAT(names(), ElementsAre("acme"));
}

TEST_F(a_file_sink, replaces_the_file_with_each_rotation) {
  deliver("s3cret-1");
  const auto before = stat_of(file());
  expect_delivered(deliver("s3cret-2", 2), write_result::written);
  EXPECT_EQ(bytes_of(file()), "s3cret-2");
  EXPECT_NE(stat_of(file()).st_ino, before.st_ino);
}

TEST_F(a_file_sink, does_not_touch_what_is_as_recorded) {
  deliver("s3cret");
  const auto before = stat_of(file());
  expect_delivered(deliver("s3cret", 2, rotated + std::chrono::hours{1}), write_result::unchanged);
  EXPECT_EQ(stat_of(file()).st_ino, before.st_ino);
  EXPECT_FALSE(drifted());
}

TEST_F(a_file_sink, adopts_a_file_that_is_right_when_nothing_is_recorded) {
  deliver("s3cret");
  const auto before = stat_of(file());
  present.reset();
  expect_delivered(deliver("s3cret"), write_result::unchanged);
  EXPECT_EQ(stat_of(file()).st_ino, before.st_ino);
  EXPECT_FALSE(drifted());
}

TEST_F(a_file_sink, writes_again_what_is_not_recorded_and_differs) {
  std::ofstream{file()} << "other";
  expect_delivered(deliver("s3cret"), write_result::written);
  EXPECT_EQ(bytes_of(file()), "s3cret");
}

TEST_F(a_file_sink, does_not_adopt_right_bytes_with_wrong_permissions) {
  std::ofstream{file()} << "s3cret";
  ::chmod(file().c_str(), 0644);
  expect_delivered(deliver("s3cret"), write_result::written);
  EXPECT_EQ(mode_of(file()), 0600U);
}

TEST_F(a_file_sink, finishes_what_a_run_began_that_was_killed_before_it_recorded) {
  deliver("s3cret-1");
  const auto recorded = present;
  deliver("s3cret-2", 2);
  present = recorded;
  const auto before = stat_of(file());
  expect_delivered(deliver("s3cret-2", 2), write_result::unchanged);
  EXPECT_EQ(stat_of(file()).st_ino, before.st_ino);
}

TEST_F(a_file_sink, json_follows_rotated_at_and_raw_does_not) {
  settings.format = config::file_format::json;
  deliver("s3cret", 1, std::nullopt);
  EXPECT_THAT(bytes_of(file()), HasSubstr("\"rotated_at\":null"));
  expect_delivered(deliver("s3cret", 2), write_result::written);
  EXPECT_THAT(bytes_of(file()), HasSubstr("\"rotated_at\":\"2026-11-23T22:43:05Z\""));
  const auto before = stat_of(file());
  expect_delivered(deliver("s3cret", 2), write_result::unchanged);
  EXPECT_EQ(stat_of(file()).st_ino, before.st_ino);
}

TEST_F(a_file_sink, asserts_mode_group_and_owner_whatever_the_umask) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving files away needs root";
  settings.mode = 0640;
  settings.group = "12345";
  settings.owner = "23456";
  const mode_t before = ::umask(0777);
  const auto outcome = deliver("s3cret");
  ::umask(before);
  expect_delivered(outcome, write_result::written);
  EXPECT_EQ(mode_of(file()), 0640U);
  EXPECT_EQ(stat_of(file()).st_gid, 12345U);
  EXPECT_EQ(stat_of(file()).st_uid, 23456U);
  EXPECT_FALSE(drifted());
}

TEST_F(a_file_sink, refuses_a_symbolic_link_and_leaves_it) {
  std::filesystem::create_symlink(directory / "elsewhere", file());
  expect_refused(deliver("s3cret"), failure_kind::wrong_place, "symbolic link");
  EXPECT_TRUE(std::filesystem::is_symlink(file()));
  EXPECT_TRUE(drifted());
  EXPECT_THAT(names(), ElementsAre("acme"));
}

TEST_F(a_file_sink, refuses_a_directory_in_its_place) {
  std::filesystem::create_directory(file());
  expect_refused(deliver("s3cret"), failure_kind::wrong_place, "is not a regular file");
}

TEST_F(a_file_sink, does_not_create_directories) {
  settings.path = (directory / "missing" / "{workspace}").string();
  expect_refused(deliver("s3cret"), failure_kind::missing_place,
                 "missing does not exist: create it");
  EXPECT_TRUE(names().empty());
}

TEST_F(a_file_sink, names_a_group_that_does_not_exist) {
  settings.group = "no-such-group";
  expect_refused(deliver("s3cret"), failure_kind::no_permission, "no group no-such-group");
}

TEST_F(a_file_sink, sweeps_what_an_earlier_run_left_and_nothing_else) {
  const writer_identity earlier{key};
  installation_key other_key{9};
  const writer_identity stranger{other_key};
  const std::string left = earlier.temporary_name();
  const std::string foreign = stranger.temporary_name();
  const std::string own = identity.temporary_name();
  for (const std::string& name : {left, foreign, own, std::string{".tokensyncd-x"}})
    std::ofstream{directory / name} << "s3cret";
  deliver("s3cret");
  EXPECT_THAT(names(),
              testing::UnorderedElementsAre("acme", foreign, own, std::string{".tokensyncd-x"}));
}

TEST_F(a_file_sink, sweeps_where_it_only_looks) {
  deliver("s3cret");
  std::ofstream{directory / writer_identity{key}.temporary_name()} << "s3cret";
  EXPECT_FALSE(drifted());
  EXPECT_THAT(names(), ElementsAre("acme"));
}

TEST_F(a_file_sink, withdraws_its_own_file) {
  deliver("s3cret");
  settings.mode = 0640;  // changed settings don't make it a stranger's
  EXPECT_TRUE(run_task(loop, make()->withdraw({"acme", labels}, present->tag)));
  EXPECT_TRUE(names().empty());
  EXPECT_TRUE(run_task(loop, make()->withdraw({"acme", labels}, present->tag)));
}

TEST_F(a_file_sink, withdraws_from_a_place_of_the_settings_before) {
  ASSERT_TRUE(deliver("token"));
  const std::string before = make()->destination({"acme", labels});
  settings.path = (directory / "elsewhere-{workspace}").string();
  const auto now = make();
  ASSERT_TRUE(now->reaches(before));
  EXPECT_FALSE(now->reaches("vault:https://vault:8200/v1/secret/acme"));
  EXPECT_FALSE(run_task(loop, now->withdraw_from(before, sync::etag{}))) << "not known to be ours";
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_TRUE(run_task(loop, now->withdraw_from(before, present->tag)));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(a_file_sink, keeps_a_file_that_is_not_its_own_when_withdrawing) {
  deliver("s3cret");
  std::ofstream{file()} << "edited";
  const auto edited = run_task(loop, make()->withdraw({"acme", labels}, present->tag));
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().kind, failure_kind::conflict);
  const auto unknown = run_task(loop, make()->withdraw({"acme", labels}, sync::etag{}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(bytes_of(file()), "edited");
}

TEST_F(a_file_sink, commits_what_comes_at_once_with_a_result_each) {
  const auto made = make();
  std::filesystem::create_directory(directory / "w7");
  struct one {
    std::string workspace;
    revision what;
    secret token;
    std::optional<result<sync::delivered>> outcome{};
  };
  std::vector<one> all;
  for (int i = 0; i < 200; ++i) {
    const std::string token = "token-" + std::to_string(i);
    all.push_back({"w" + std::to_string(i), {1, prints.of(token), rotated}, secret{token}});
  }
  auto deliver_one = [&](one& each) -> task<> {
    const sync::delivery_request order{{each.workspace, labels}, each.what, each.token};
    each.outcome.emplace(co_await made->deliver(order));
  };
  for (one& each : all) asio::co_spawn(loop, deliver_one(each), asio::detached);
  loop.run();
  for (const one& each : all) {
    ASSERT_TRUE(each.outcome);
    if (each.workspace == "w7") {
      EXPECT_EQ(each.outcome->error().kind, failure_kind::wrong_place);
      continue;
    }
    ASSERT_TRUE(*each.outcome);
    EXPECT_EQ(bytes_of(file(each.workspace)), each.token.reveal());
  }
  EXPECT_EQ(names().size(), 200U);
}

TEST_F(a_file_sink, check_leaves_nothing_and_finds_nothing_wrong_where_all_is_well) {
  deliver("s3cret");
  const std::vector<sync::target> targets{{"acme", labels}, {"new", labels}};
  EXPECT_TRUE(run_task(loop, make()->check(targets, sync::thoroughness::try_out)).empty());
  EXPECT_THAT(names(), ElementsAre("acme"));
}

TEST_F(a_file_sink, check_names_each_problem_once) {
  settings.path = (directory / "{label.place}" / "{workspace}").string();
  const config::labels missing{{"place", "missing"}};
  const config::labels here{{"place", "."}};
  std::filesystem::create_symlink("nowhere", directory / "linked");
  const std::vector<sync::target> targets{
      {"a", missing}, {"b", missing}, {"linked", here}, {"fine", here}};
  for (const auto how : {sync::thoroughness::look, sync::thoroughness::try_out}) {
    const auto problems = run_task(loop, make()->check(targets, how));
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].what.kind, failure_kind::missing_place);
    EXPECT_EQ(problems[0].workspaces, 2U);
    EXPECT_EQ(problems[1].what.kind, failure_kind::wrong_place);
    EXPECT_EQ(problems[1].workspaces, 1U);
  }
  EXPECT_THAT(names(), ElementsAre("linked"));
}

}  // namespace
}  // namespace tokensyncd::sinks
