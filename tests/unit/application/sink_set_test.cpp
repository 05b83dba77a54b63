#include "daemon/application/sink_set.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

using testing::ElementsAre;

class idle_sink final : public sync::sink {
 public:
  [[nodiscard]] std::string_view type() const noexcept override { return "idle"; }
  [[nodiscard]] std::string destination(const sync::target&) const override { return {}; }
  task<result<sync::delivered>> deliver(const sync::delivery_request&) override {
    co_return sync::delivered{};
  }
  task<void> inspect(std::span<sync::inspection>) override { co_return; }
  task<result<void>> withdraw(const sync::target&, const sync::etag&) override {
    co_return result<void>{};
  }
  task<std::vector<sync::destination_problem>> check(std::span<const sync::target>,
                                                     sync::thoroughness) override {
    co_return std::vector<sync::destination_problem>{};
  }
};

/// Reloads, and which sinks each of them made.
class a_sink_set : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& path) {
    config::file_sink_settings settings;
    settings.path = path;
    wanted_.sinks.push_back({.name = name, .kind = settings});
  }

  /// The sinks after a reload to what is wanted.
  std::vector<made_sink> reload() {
    made_.clear();
    auto next = succeed_sinks(running_, wanted_, make_);
    running_ = next;
    rename_sinks(running_);
    return next;
  }

  config::configuration wanted_;
  std::vector<made_sink> running_;
  std::vector<std::string> made_;  ///< names, as they were made
  sink_maker make_ = [this](const config::sink& settings,
                            const std::shared_ptr<const std::string>& known_as) {
    if (settings.name == "broken") throw std::runtime_error("its CA can't be read");
    made_.push_back(*known_as);
    return std::make_unique<idle_sink>();
  };
};

TEST_F(a_sink_set, keeps_a_sink_whose_settings_are_the_same) {
  add("files", "/a/{workspace}");
  const auto before = reload();
  EXPECT_THAT(made_, ElementsAre("files"));
  wanted_.sinks[0].required = false;
  wanted_.sinks[0].removal = config::on_remove::erase;
  const auto after = reload();
  EXPECT_THAT(made_, ElementsAre());
  EXPECT_EQ(after[0].writer, before[0].writer);
  EXPECT_FALSE(after[0].settings.required) << "what is no matter of the sink's is taken";
}

TEST_F(a_sink_set, makes_a_sink_anew_whose_settings_differ_and_leaves_the_others) {
  add("files", "/a/{workspace}");
  add("other", "/b/{workspace}");
  const auto before = reload();
  std::get<config::file_sink_settings>(wanted_.sinks[0].kind).mode = 0640;
  const auto after = reload();
  EXPECT_THAT(made_, ElementsAre("files"));
  EXPECT_NE(after[0].writer, before[0].writer);
  EXPECT_EQ(after[1].writer, before[1].writer);
}

TEST_F(a_sink_set, keeps_a_sink_that_is_only_called_otherwise_and_calls_it_so) {
  add("files", "/a/{workspace}");
  const auto before = reload();
  wanted_.sinks[0].name = "renamed";
  const auto after = reload();
  EXPECT_THAT(made_, ElementsAre());
  EXPECT_EQ(after[0].writer, before[0].writer);
  EXPECT_EQ(*before[0].known_as, "renamed");
}

TEST_F(a_sink_set, follows_two_that_exchange_their_names) {
  add("one", "/a/{workspace}");
  add("two", "/b/{workspace}");
  const auto before = reload();
  std::swap(wanted_.sinks[0].kind, wanted_.sinks[1].kind);
  const auto after = reload();
  EXPECT_THAT(made_, ElementsAre());
  EXPECT_EQ(after[0].writer, before[1].writer);
  EXPECT_EQ(after[1].writer, before[0].writer);
}

TEST_F(a_sink_set, never_gives_one_sink_to_two) {
  add("one", "/a/{workspace}");
  reload();
  add("another", "/a/{workspace}");
  std::swap(wanted_.sinks[0], wanted_.sinks[1]);
  const auto after = reload();
  EXPECT_THAT(made_, ElementsAre("another")) << "the one of the same name goes on";
  EXPECT_NE(after[0].writer, after[1].writer);
}

TEST_F(a_sink_set, makes_all_sinks_anew_for_another_partner) {
  add("files", "/a/{workspace}");
  reload();
  wanted_.partner.id = "somebody-else";
  reload();
  EXPECT_THAT(made_, ElementsAre("files"));
}

TEST_F(a_sink_set, changes_nothing_that_runs_where_a_sink_can_not_be_made) {
  add("files", "/a/{workspace}");
  const auto before = reload();
  wanted_.sinks[0].name = "renamed";
  add("broken", "/b/{workspace}");
  EXPECT_THROW((void)succeed_sinks(running_, wanted_, make_), std::runtime_error);
  EXPECT_EQ(*before[0].known_as, "files");
}

}  // namespace
}  // namespace tokensyncd
