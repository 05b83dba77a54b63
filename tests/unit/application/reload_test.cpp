#include "daemon/application/reload.hpp"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

config::configuration with_workspaces(unsigned count) {
  config::configuration made;
  for (unsigned i = 0; i != count; ++i) {
    made.workspaces.push_back({"w" + std::to_string(100 + i), 0});
  }
  return made;
}

config::loaded loaded_as(config::configuration what) {
  config::loaded fresh;
  fresh.value = std::move(what);
  return fresh;
}

TEST(decide_reload, all_errors_are_named_with_their_places) {
  config::loaded fresh;
  fresh.errors = {{"/a.yaml", 3, 5, "unknown key"}, {"/b.yaml", 0, 0, "is empty"}};
  const auto decided = decide_reload(with_workspaces(1), std::move(fresh), reload_cause::asked);
  ASSERT_TRUE(decided.has_error());
  EXPECT_EQ(decided.error().reason, metrics::refusal_reason::invalid);
  EXPECT_EQ(decided.error().why.sentence, "/a.yaml:3:5: unknown key; /b.yaml: is empty");
}

TEST(decide_reload, what_only_a_restart_can_change_is_rejected_by_name) {
  auto next = with_workspaces(1);
  next.state.file = "/elsewhere/state.db";
  const auto decided =
      decide_reload(with_workspaces(1), loaded_as(std::move(next)), reload_cause::asked);
  ASSERT_TRUE(decided.has_error());
  EXPECT_EQ(decided.error().reason, metrics::refusal_reason::restart);
  EXPECT_THAT(decided.error().why.sentence, testing::HasSubstr("state"));
}

TEST(decide_reload, who_restarts_for_a_key_is_told_what_that_removes) {
  auto next = with_workspaces(19);
  next.state.file = "/elsewhere/state.db";
  const auto decided =
      decide_reload(with_workspaces(20), loaded_as(std::move(next)), reload_cause::asked);
  ASSERT_TRUE(decided.has_error());
  EXPECT_EQ(decided.error().why.sentence,
            "only a restart can change state.file; it would also remove 1 of 20 workspaces");
  auto nearly_empty = with_workspaces(2);
  nearly_empty.state.file = "/elsewhere/state.db";
  const auto watched =
      decide_reload(with_workspaces(20), loaded_as(std::move(nearly_empty)), reload_cause::watched);
  ASSERT_TRUE(watched.has_error());
  EXPECT_EQ(watched.error().reason, metrics::refusal_reason::removal) << "the graver of the two";
}

TEST(decide_reload, a_mass_removal_needs_somebody_who_asks_for_it) {
  const auto decided =
      decide_reload(with_workspaces(20), loaded_as(with_workspaces(15)), reload_cause::watched);
  ASSERT_TRUE(decided.has_error());
  EXPECT_EQ(decided.error().reason, metrics::refusal_reason::removal);
  EXPECT_TRUE(
      decide_reload(with_workspaces(20), loaded_as(with_workspaces(15)), reload_cause::asked)
          .has_value());
  EXPECT_TRUE(
      decide_reload(with_workspaces(20), loaded_as(with_workspaces(16)), reload_cause::watched)
          .has_value());
}

}  // namespace
}  // namespace tokensyncd
