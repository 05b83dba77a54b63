#include <boost/asio/co_spawn.hpp>

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/store/sample.hpp"

namespace tokensyncd::store::tests {
namespace {

using std::chrono::days;
using std::chrono::microseconds;

class store_rows : public testing::Test {
 protected:
  opened reopened() { return must_open(directory / "state.db"); }
  temporary_directory directory;
};

TEST_F(store_rows, everything_of_a_workspace_comes_back) {
  sync::stored_workspace full = workspace_of(std::string("a\0b/\xC3\xA4'", 8), 4'294'967'295);
  full.wanted.rotated_at = now + microseconds{123'456};
  full.previous = print_of(9);
  full.last_attempt = now + days{1};
  full.last_success = now + days{2};
  full.retired_at = now - days{3};
  full.pending = sync::pending_rotation::ordered;
  sync::stored_workspace bare;
  bare.id = "bare";
  ASSERT_TRUE(save(*reopened().state, {full, bare}));

  const content all = load_all(*reopened().state);
  ASSERT_EQ(all.workspaces.size(), 2U);
  const auto& row = all.workspaces.at(full.id);
  EXPECT_EQ(row.wanted, full.wanted);
  EXPECT_EQ(row.previous, full.previous);
  EXPECT_EQ(row.known_since, full.known_since);
  EXPECT_EQ(row.last_attempt, full.last_attempt);
  EXPECT_EQ(row.last_success, full.last_success);
  EXPECT_EQ(row.retired_at, full.retired_at);
  EXPECT_EQ(row.pending, sync::pending_rotation::ordered);
  const auto& empty = all.workspaces.at("bare");
  EXPECT_EQ(empty.wanted, revision{});
  EXPECT_FALSE(empty.previous || empty.last_attempt || empty.last_success || empty.retired_at);
  EXPECT_EQ(empty.pending, sync::pending_rotation::none);
}

TEST_F(store_rows, a_rotation_of_any_year_comes_back) {
  for (const auto* text : {"0000-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z",
                           "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) {
    auto row = workspace_of("acme", 2);
    row.wanted.rotated_at = parse_rfc3339(text);
    ASSERT_TRUE(save(*reopened().state, {row}));
    EXPECT_EQ(load_all(*reopened().state).workspaces.at("acme").wanted, row.wanted) << text;
  }
}

TEST_F(store_rows, lengths_of_tokens_come_back_each_once_in_their_order) {
  EXPECT_TRUE(reopened().state->token_lengths()->empty());
  ASSERT_TRUE(save(*reopened().state, {sync::seen_length{36}, sync::seen_length{4096}}));
  ASSERT_TRUE(save(*reopened().state, {sync::seen_length{1}, sync::seen_length{36}}));
  EXPECT_EQ(*reopened().state->token_lengths(), (std::vector<std::uint16_t>{1, 36, 4096}));
}

TEST_F(store_rows, everything_of_a_place_comes_back) {
  sync::stored_presence row = presence_of("acme", 7);
  row.sink = "files";
  row.removal = config::on_remove::erase;
  ASSERT_TRUE(save(*reopened().state, {workspace_of("acme", 7), row}));

  const content all = load_all(*reopened().state);
  ASSERT_EQ(all.presences.size(), 1U);
  const auto& found = all.presences.at(row.destination);
  EXPECT_EQ(found.workspace, row.workspace);
  EXPECT_EQ(found.generation, row.generation);
  EXPECT_EQ(found.token, row.token);
  EXPECT_EQ(found.tag, row.tag);
  EXPECT_EQ(found.last_success, row.last_success);
  EXPECT_EQ(found.sink, "files");
  EXPECT_EQ(found.removal, config::on_remove::erase);
}

TEST_F(store_rows, whose_a_place_is_may_be_said_anew) {
  const sync::stored_presence row = presence_of("acme", 7);
  ASSERT_TRUE(save(*reopened().state, {workspace_of("acme", 7), row}));
  const sync::owned_presence owner{row.destination, "files", config::on_remove::erase};
  const sync::owned_presence of_none{"file:/nowhere", "files", config::on_remove::erase};
  ASSERT_TRUE(save(*reopened().state, {owner, of_none}));
  const content all = load_all(*reopened().state);
  ASSERT_EQ(all.presences.size(), 1U);
  EXPECT_EQ(all.presences.at(row.destination).sink, "files");
  EXPECT_EQ(all.presences.at(row.destination).removal, config::on_remove::erase);
  EXPECT_EQ(all.presences.at(row.destination).generation, 7U);
}

TEST_F(store_rows, former_tokens_come_back_the_newest_first_and_stay_where_nothing_is_said) {
  sync::stored_workspace row = workspace_of("acme", 7);
  row.formers = {{print_of(6), now - days{1}}, {print_of(5), now - days{2}}};
  ASSERT_TRUE(save(*reopened().state, {row, workspace_of("bolt", 1)}));
  EXPECT_EQ(load_all(*reopened().state).workspaces.at("acme").formers, row.formers);
  EXPECT_FALSE(load_all(*reopened().state).workspaces.at("bolt").formers);

  auto later = workspace_of("acme", 8);
  ASSERT_TRUE(save(*reopened().state, {later}));
  EXPECT_EQ(load_all(*reopened().state).workspaces.at("acme").formers, row.formers);
  later.formers = {{print_of(7), now}};
  ASSERT_TRUE(save(*reopened().state, {later}));
  EXPECT_EQ(load_all(*reopened().state).workspaces.at("acme").formers, later.formers);
}

TEST_F(store_rows, later_changes_win_in_their_order) {
  const auto destination = presence_of("acme", 1).destination;
  ASSERT_TRUE(save(*reopened().state,
                   {workspace_of("acme", 1), presence_of("acme", 1), workspace_of("acme", 2),
                    sync::forgotten_presence{destination}, presence_of("acme", 2)}));
  content all = load_all(*reopened().state);
  EXPECT_EQ(all.workspaces.at("acme").wanted.generation, 2U);
  EXPECT_EQ(all.presences.at(destination).generation, 2U);

  ASSERT_TRUE(save(*reopened().state, {sync::forgotten_presence{destination}}));
  all = load_all(*reopened().state);
  EXPECT_TRUE(all.presences.empty());
  EXPECT_EQ(all.workspaces.size(), 1U);
}

TEST_F(store_rows, a_workspace_retired_for_more_than_30_days_is_dropped_with_its_places) {
  sync::stored_workspace old = workspace_of("old", 3);
  old.retired_at = now - days{30} - microseconds{1};
  sync::stored_workspace young = workspace_of("young", 3);
  young.retired_at = now - days{30};
  ASSERT_TRUE(
      save(*reopened().state, {old, young, presence_of("old", 3), presence_of("young", 3)}));

  const content all = load_all(*reopened().state);
  EXPECT_EQ(all.workspaces.count("old"), 0U);
  EXPECT_EQ(all.workspaces.count("young"), 1U);
  EXPECT_EQ(all.presences.size(), 1U);
  // Gone from the file too: a clock that was set back doesn't bring it back.
  EXPECT_EQ(load_all(*reopened().state, now - days{1}).workspaces.count("old"), 0U);
}

TEST_F(store_rows, saves_made_at_once_are_all_there_and_in_order) {
  const opened made = reopened();
  asio::io_context loop{1};
  int answered = 0;
  for (std::uint32_t i = 1; i <= 500; ++i) {
    std::vector<sync::change> changes{workspace_of("same", i),
                                      workspace_of("w" + std::to_string(i), i)};
    auto count = [&answered](const std::exception_ptr& error, const result<void>& outcome) {
      if (!error && outcome) ++answered;
    };
    asio::co_spawn(loop, made.state->save(std::move(changes)), count);
  }
  loop.run();
  EXPECT_EQ(answered, 500);
  const content all = load_all(*made.state);
  EXPECT_EQ(all.workspaces.size(), 501U);
  EXPECT_EQ(all.workspaces.at("same").wanted.generation, 500U);
}

TEST_F(store_rows, the_memory_store_has_a_random_key_and_forgets) {
  const opened one = make_memory_store();
  const opened two = make_memory_store();
  EXPECT_NE(one.key, two.key);
  EXPECT_TRUE(save(*one.state, {workspace_of("acme", 1)}));
  EXPECT_TRUE(load_all(*one.state).workspaces.empty());
}

}  // namespace
}  // namespace tokensyncd::store::tests
