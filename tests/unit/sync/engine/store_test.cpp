// A store that has lost what was saved, and gets it anew.
#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

struct engine_store : engine_world_test, testing::Test {
  engine_store() {
    add("acme");
    api->answers("acme", "one");
  }
};

TEST_F(engine_store, what_the_store_has_lost_is_stored_anew) {
  removal = config::on_remove::erase;
  start();
  api->answers("acme", "two");
  time.run_for(2min);
  const auto before = state.destinations;
  ASSERT_EQ(before.at("files/acme").generation, 2U);
  state.workspaces.clear();
  state.destinations.clear();
  daemon->store_anew();
  time.settle();
  EXPECT_EQ(state.workspaces.at("acme").wanted.generation, 2U);
  EXPECT_EQ(state.workspaces.at("acme").previous, prints.of("one"));
  const auto& after = state.destinations.at("files/acme");
  EXPECT_EQ(after.generation, 2U);
  EXPECT_EQ(after.token, prints.of("two"));
  EXPECT_EQ(after.tag.words, before.at("files/acme").tag.words);
  EXPECT_EQ(after.sink, "files");
  EXPECT_EQ(after.removal, before.at("files/acme").removal);
  restart();
  time.run_for(3min);
  EXPECT_EQ(files->attempts, 2U);
}

/// A store that learns, while it saves, that it has lost all the rest: the save returns after that.
class slow_store final : public tests::quiet_store {
 public:
  slow_store(store& held, clock& time) : held_(held), time_(time), pause_(time.make_sleeper()) {}

  std::function<void()> on_loss;  ///< called once

  result<void> load(wall_time now, const std::function<void(const stored_workspace&)>& on_workspace,
                    const std::function<void(const stored_presence&)>& on_presence) override {
    return held_.load(now, on_workspace, on_presence);
  }
  task<result<void>> save(std::vector<change> changes) override {
    auto saved = co_await held_.save(std::move(changes));
    if (const auto told = std::exchange(on_loss, {})) {
      told();
      co_await pause_->sleep_until(time_.now() + 500ms);
    }
    co_return saved;
  }

 private:
  store& held_;
  clock& time_;
  std::unique_ptr<sleeper> pause_;
};

TEST_F(engine_store, what_is_stored_anew_is_never_older_than_what_a_check_under_way_has_stored) {
  slow_store slow{state, time};
  const dependencies world{time, rng, slow, seen, prints};
  daemon = std::make_unique<engine>(world, setup(), spread);
  EXPECT_TRUE(daemon->restore());
  running = std::make_unique<task_group>(loop.get_executor());
  running->start(daemon->run());
  time.run_for(1s);
  slow.on_loss = [this] { daemon->store_anew(); };
  api->answers("acme", "two");
  time.run_for(2min);
  EXPECT_FALSE(slow.on_loss);
  EXPECT_EQ(state.workspaces.at("acme").wanted.generation, 2U);
  EXPECT_EQ(state.destinations.at("files/acme").generation, 2U);
  kill();  // before its store goes
}

TEST_F(engine_store, what_the_store_lost_of_workspaces_that_left_is_stored_anew) {
  start();
  workspaces.clear();
  daemon->reload(setup());
  time.run_for(1s);
  state.workspaces.clear();
  state.destinations.clear();
  daemon->store_anew();
  time.settle();
  EXPECT_TRUE(state.workspaces.at("acme").retired_at);
  EXPECT_EQ(state.destinations.at("files/acme").generation, 1U);
}

}  // namespace
}  // namespace tokensyncd::sync
