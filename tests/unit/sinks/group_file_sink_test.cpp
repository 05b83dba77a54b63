// One file for a group of workspaces: complete, in order, and never less than it was.
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sinks/file/destination_names.hpp"
#include "tests/support/group_desk.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace tokensyncd::tests;
using sync::write_result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

struct a_group_file : group_desk, testing::Test {
  static void expect(const result<sync::delivered>& outcome, write_result how) {
    ASSERT_TRUE(outcome) << outcome.error().sentence;
    EXPECT_EQ(outcome->how, how);
  }
  static void expect_waits(const result<sync::delivered>& outcome, const std::string& whom) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, failure_kind::incomplete);
    EXPECT_THAT(outcome.error().sentence, HasSubstr(whom));
  }
};

TEST_F(a_group_file, is_written_first_when_all_tokens_are_there) {
  expect_waits(deliver("corp", "corp1"), "waits for the token of acme and bolt");
  expect_waits(deliver("bolt", "bolt1"), "waits for the token of acme");
  EXPECT_FALSE(exists(map()));
  expect(deliver("acme", "acme1"), write_result::written);
  EXPECT_EQ(bytes_of(map()), all_three);
  EXPECT_EQ(mode_of(map()), 0640U);
  const auto before = stat_of(map());
  expect(deliver("bolt", "bolt1"), write_result::written);
  expect(deliver("corp", "corp1"), write_result::written);
  expect(deliver("corp", "corp1"), write_result::unchanged);
  EXPECT_EQ(stat_of(map()).st_ino, before.st_ino) << "they came with acme's";
  EXPECT_THAT(drifted(), ElementsAre());
  EXPECT_THAT(names(), ElementsAre("tokens.map"));
}

TEST_F(a_group_file, waits_for_nobody_whom_the_api_refuses) {
  group["bolt"] = false;
  expect_waits(deliver("corp", "corp1"), "acme");
  expect(deliver("acme", "acme1"), write_result::written);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\ncorp corp1;\n}\n");
}

TEST_F(a_group_file, says_the_same_of_many_that_it_waits_for) {
  for (const char* each : {"dora", "echo"}) group[each] = true;
  expect_waits(deliver("acme", "acme1"), "waits for the tokens of other workspaces");
  expect_waits(deliver("bolt", "bolt1"), "waits for the token of corp, dora and echo");
}

TEST_F(a_group_file, waits_for_one_who_fails_only_where_he_might_lose_an_entry) {
  failing = {"bolt"};
  expect_waits(deliver("corp", "corp1"), "waits for the token of acme");
  put("something else\n");
  expect_waits(deliver("acme", "acme1"), "waits for the token of bolt");
  std::filesystem::remove(map());
  expect(deliver("acme", "acme1"), write_result::written);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\ncorp corp1;\n}\n");
}

TEST_F(a_group_file, names_those_who_came_along_so_that_they_are_recorded) {
  expect_waits(deliver("corp", "corp1"), "acme and bolt");
  expect_waits(deliver("bolt", "bolt1"), "acme");
  const auto last = deliver("acme", "acme1");
  ASSERT_TRUE(last);
  EXPECT_THAT(last->along, UnorderedElementsAre("bolt", "corp"));
  EXPECT_THAT(deliver("bolt", "bolt1")->along, ElementsAre());
}

TEST_F(a_group_file, is_known_after_a_restart_unless_somebody_has_touched_it) {
  deliver_all();
  sink = make();
  EXPECT_THAT(drifted(), ElementsAre());
  EXPECT_THAT(drifted(), ElementsAre());
  sink = make();
  put(std::string{all_three} + "bolt guessed;\n");
  put("map {\nacme acme1;\nbolt bolt1;\nbolt guessed;\ncorp corp1;\n}\n");
  EXPECT_THAT(drifted(), ElementsAre()) << "others may know it";
  EXPECT_THAT(drifted(), ElementsAre("acme")) << "nobody does";
  expect(deliver("acme", "acme1"), write_result::repaired);
  EXPECT_EQ(bytes_of(map()), all_three);
  EXPECT_THAT(drifted(), ElementsAre());
}

TEST_F(a_group_file, keeps_entries_of_another_template_when_a_workspace_leaves_and_says_so) {
  deliver_all();
  settings.text_template = "{workspace}: {token};\n";
  sink = make();
  const auto kept = withdraw("bolt");
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().kind, failure_kind::conflict);
  EXPECT_EQ(bytes_of(map()), all_three);
}

TEST_F(a_group_file, asks_who_belongs_to_the_group_once_for_those_who_come_together) {
  int asked = 0;
  const revision what{1, prints.of("t0ken"), rotated};
  const secret value{"t0ken"};
  const std::string dora = "dora";
  for (const std::string each : {"acme", "bolt", "corp", "corp"}) {
    sync::delivery_request order{target_of(each), what, value};
    order.members = [&] {
      ++asked;
      return members();
    };
    static_cast<void>(run_task(loop, sink->deliver(order)));
  }
  EXPECT_EQ(asked, 1);
  group[dora] = true;  // has joined since
  sync::delivery_request order{target_of(dora), what, value};
  order.members = [this] { return members(); };
  ASSERT_TRUE(run_task(loop, sink->deliver(order)));
  EXPECT_THAT(bytes_of(map()), HasSubstr("dora t0ken;"));
}

TEST_F(a_group_file, changes_one_entry_with_no_other_token_at_hand) {
  deliver_all();
  sink = make();  // as after a restart
  expect(deliver("bolt", "bolt2"), write_result::written);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\nbolt bolt2;\ncorp corp1;\n}\n");
  EXPECT_THAT(drifted(), ElementsAre());
}

TEST_F(a_group_file, takes_a_new_workspace_in_at_its_place) {
  deliver_all();
  group["aster"] = true;
  expect(deliver("corp", "corp2"), write_result::written);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\nbolt bolt1;\ncorp corp2;\n}\n");
  expect(deliver("aster", "aster1"), write_result::written);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\naster aster1;\nbolt bolt1;\ncorp corp2;\n}\n");
}

TEST_F(a_group_file, is_as_good_without_what_was_recorded) {
  deliver_all();
  const auto before = stat_of(map());
  sink = make();
  recorded.clear();
  expect(deliver("bolt", "bolt1"), write_result::unchanged);
  expect(deliver("acme", "acme1"), write_result::unchanged);
  EXPECT_EQ(stat_of(map()).st_ino, before.st_ino);
}

TEST_F(a_group_file, repairs_the_entry_that_was_edited) {
  deliver_all();
  put("map {\nacme acme1;\nbolt other;\ncorp corp1;\n}\n");
  EXPECT_THAT(drifted(), ElementsAre("acme", "bolt")) << "the first one for the file as a whole";
  expect(deliver("bolt", "bolt1"), write_result::repaired);
  EXPECT_EQ(bytes_of(map()), all_three);
  EXPECT_THAT(drifted(), ElementsAre());
}

TEST_F(a_group_file, drops_what_is_nobodys_when_it_has_all) {
  deliver_all();
  put("map {\nacme acme1;\n# a note;\nbolt bolt1;\ncorp corp1;\n}\n");
  EXPECT_THAT(drifted(), ElementsAre("acme"));
  expect(deliver("acme", "acme1"), write_result::repaired);
  EXPECT_EQ(bytes_of(map()), all_three);
}

TEST_F(a_group_file, loses_no_entry_that_it_cannot_read) {
  deliver_all();
  const std::string other = "tokens {\nacme: acme1\nbolt: bolt1\ncorp: corp1\n}\n";
  put(other);
  EXPECT_THAT(drifted(), ElementsAre("acme", "bolt", "corp"));
  expect_waits(deliver("corp", "corp2"), "acme and bolt");
  expect_waits(deliver("acme", "acme1"), "bolt");
  EXPECT_EQ(bytes_of(map()), other) << "readers keep what they had";
  expect(deliver("bolt", "bolt1"), write_result::repaired);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\nbolt bolt1;\ncorp corp2;\n}\n");
}

TEST_F(a_group_file, is_written_anew_when_its_template_is_another) {
  deliver_all();
  settings.text_template = "{workspace} \"{token}\";\n";
  sink = make();
  EXPECT_THAT(drifted(), ElementsAre("acme", "bolt", "corp"));
  expect_waits(deliver("acme", "acme1"), "bolt and corp");
  EXPECT_EQ(bytes_of(map()), all_three);
}

TEST_F(a_group_file, notices_another_template_that_fits_what_is_there) {
  settings.text_template = "{workspace} {token|json};\n";
  sink = make();
  deliver_all();
  settings.text_template = "{workspace} {token};\n";
  sink = make();
  EXPECT_THAT(drifted(), ElementsAre("acme", "bolt", "corp"));
}

TEST_F(a_group_file, gets_its_mode_back) {
  deliver_all();
  ASSERT_EQ(::chmod(map().c_str(), 0644), 0);
  EXPECT_THAT(drifted(), ElementsAre("acme"));
  sink = make();
  EXPECT_THAT(drifted(), ElementsAre("acme")) << "after a restart too";
  expect(deliver("acme", "acme1"), write_result::repaired);
  EXPECT_EQ(mode_of(map()), 0640U);
  EXPECT_THAT(drifted(), ElementsAre());
}

TEST_F(a_group_file, comes_back_whole_after_it_was_deleted) {
  deliver_all();
  std::filesystem::remove(map());
  EXPECT_THAT(drifted(), ElementsAre("acme", "bolt", "corp"));
  deliver_all();
  EXPECT_EQ(bytes_of(map()), all_three);
}

TEST_F(a_group_file, takes_an_entry_out) {
  deliver_all();
  ASSERT_TRUE(withdraw("bolt"));
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\ncorp corp1;\n}\n");
  recorded.erase("bolt");
  EXPECT_THAT(drifted(), ElementsAre());
  ASSERT_TRUE(withdraw("bolt")) << "it is gone already";
  ASSERT_TRUE(withdraw("acme"));
  ASSERT_TRUE(withdraw("corp"));
  EXPECT_FALSE(exists(map())) << "nobody is left";
  ASSERT_TRUE(withdraw("corp"));
}

TEST_F(a_group_file, takes_an_entry_out_by_its_destination_alone) {
  group["a#%b"] = true;
  deliver_all();
  const auto destination = sink->destination(target_of("a#%b"));
  EXPECT_TRUE(sink->reaches(destination));
  EXPECT_EQ(path_of_destination(destination), map());
  ASSERT_TRUE(run_task(loop, sink->withdraw_from(destination, recorded["a#%b"].tag)));
  EXPECT_EQ(bytes_of(map()), all_three);
}

TEST_F(a_group_file, keeps_a_file_that_is_not_its_own_when_one_leaves) {
  deliver_all();
  put("something else\n");
  const auto kept = withdraw("bolt");
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().kind, failure_kind::conflict);
  EXPECT_EQ(bytes_of(map()), "something else\n");
}

TEST_F(a_group_file, keeps_an_entry_that_somebody_edited_when_its_workspace_leaves) {
  deliver_all();
  put("map {\nacme acme1;\nbolt other;\ncorp corp1;\n}\n");
  const auto kept = withdraw("bolt");
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().sentence, HasSubstr("the entry of bolt"));
  EXPECT_THAT(bytes_of(map()), HasSubstr("bolt other"));
}

TEST_F(a_group_file, waits_for_its_file_system_to_take_an_entry_out) {
  deliver_all();
  std::filesystem::rename(directory.path(), directory.path().string() + ".away");
  const auto owed = withdraw("bolt");
  std::filesystem::rename(directory.path().string() + ".away", directory.path());
  ASSERT_FALSE(owed);
  EXPECT_EQ(owed.error().kind, failure_kind::missing_place);
  EXPECT_TRUE(withdraw("bolt"));
}

TEST_F(a_group_file, is_not_held_up_by_the_entry_of_one_who_left_while_another_one_joins) {
  deliver_all();
  group.erase("bolt");
  group["dora"] = true;
  expect(deliver("corp", "corp2"), write_result::written);
  EXPECT_EQ(bytes_of(map()), "map {\nacme acme1;\ncorp corp2;\n}\n");
}

TEST_F(a_group_file, that_is_empty_is_not_its_own) {
  settings.grouping->header = settings.grouping->footer = "";
  sink = make();
  put("");
  expect_waits(deliver("acme", "acme1"), "bolt and corp");
  EXPECT_EQ(bytes_of(map()), "");
}

TEST_F(a_group_file, keeps_the_entry_of_a_workspace_whose_label_changed_until_its_own_delivery) {
  settings.text_template = "{workspace} {label.host} {token};\n";
  for (const auto& [workspace, may_come] : group) labels_of[workspace] = {{"host", "a"}};
  sink = make();
  deliver_all();
  labels_of["bolt"] = {{"host", "b"}};
  EXPECT_THAT(drifted(), ElementsAre("bolt"));
  expect(deliver("corp", "corp2"), write_result::written);
  EXPECT_THAT(bytes_of(map()), HasSubstr("bolt a bolt1;"));
  static_cast<void>(deliver("bolt", "bolt1"));
  EXPECT_THAT(bytes_of(map()), HasSubstr("bolt b bolt1;"));
}

TEST_F(a_group_file, says_at_once_that_its_directory_is_missing) {
  settings.path = (directory / "missing" / "tokens.map").string();
  sink = make();
  const auto refused = deliver("acme", "acme1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::missing_place);
}

TEST_F(a_group_file, frees_its_place_for_others_when_it_is_gone) {
  deliver_all();
  for (const char* each : {"acme", "bolt", "corp"}) ASSERT_TRUE(withdraw(each));
  // Other files get its inode, sooner or later.
  settings = {};
  settings.path = (directory / "{workspace}").string();
  const auto plain = make();
  for (int i = 0; i != 20; ++i)
    ASSERT_TRUE(sink_desk::deliver(*plain, "s3cret" + std::to_string(i), 1)) << i;
}

TEST_F(a_group_file, leaves_a_file_that_another_entry_has_recorded) {
  deliver_all();
  sink = make();
  others = [](const sync::etag_test&) { return sync::etag_owner{"dora", "files"}; };
  const auto refused = deliver("acme", "acme2");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().sentence, HasSubstr("`dora`"));
  EXPECT_EQ(bytes_of(map()), all_three);
}

TEST_F(a_group_file, is_kept_from_a_sink_that_comes_by_another_path) {
  deliver_all();
  const temporary_directory elsewhere;
  std::filesystem::create_directory_symlink(directory.path(), elsewhere / "alias");
  const auto its = settings;
  settings = {};
  settings.path = (elsewhere / "alias" / "tokens.map").string();
  const auto plain = make();
  const auto refused = sink_desk::deliver(*plain, "s3cret");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::conflict);
  EXPECT_THAT(refused.error().sentence, HasSubstr(map().string()));
  EXPECT_EQ(bytes_of(map()), all_three);
  expect(deliver("acme", "acme2"), write_result::written);
  // After a restart as soon as it was looked at.
  settings = its;
  guard = std::make_shared<destination_guard>();
  sink = make();
  EXPECT_THAT(drifted(), ElementsAre());
  settings.path = (elsewhere / "alias" / "tokens.map").string();
  settings.grouping.reset();
  settings.text_template = "{token}";
  EXPECT_FALSE(sink_desk::deliver(*make(), "s3cret"));
}

TEST_F(a_group_file, is_one_for_each_value_of_a_label) {
  settings.path = (directory / "{label.team}.map").string();
  settings.grouping->label = "team";
  sink = make();
  labels_of["acme"] = labels_of["corp"] = {{"team", "blue"}};
  labels_of["bolt"] = {{"team", "red"}};
  deliver_all();
  EXPECT_EQ(bytes_of(directory / "blue.map"), "map {\nacme acme1;\ncorp corp1;\n}\n");
  EXPECT_EQ(bytes_of(directory / "red.map"), "map {\nbolt bolt1;\n}\n");
  EXPECT_THAT(drifted(), ElementsAre());
  EXPECT_EQ(sink->destination(target_of("bolt")),
            "file-entry:" + (directory / "red.map").string() + "#bolt");
}

TEST_F(a_group_file, follows_no_link) {
  std::filesystem::create_symlink("elsewhere", map());
  const auto refused = deliver("acme", "acme1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::wrong_place);
}

TEST_F(a_group_file, is_looked_at_once_by_check) {
  settings.path = (directory / "missing" / "tokens.map").string();
  sink = make();
  std::vector<sync::target> all;
  for (const auto& [workspace, may_come] : group) all.push_back(target_of(workspace));
  const auto problems = run_task(loop, sink->check(all, sync::thoroughness::look));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().what.kind, failure_kind::missing_place);
}

}  // namespace
}  // namespace tokensyncd::sinks
