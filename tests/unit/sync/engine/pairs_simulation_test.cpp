// Whatever happens, in whatever order: each pair out of sync is worked on after each step (which
// engine_world_test checks), and when all is well again each place has the newest token.
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;

class troubled_fleet : public engine_world_test {
 public:
  explicit troubled_fleet(unsigned seed) : random_(seed) {
    for (fake_sink* each : {files.get(), vault.get()}) each->looks_at_content = true;
    vault->interval = 2min;
    reload_app = std::make_shared<fake_hook>(time);
    configure();
    for (const std::string& id : ids_) rotate(id);
    start();
  }

  void live_through(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      happen();
      time.run_for(std::chrono::milliseconds{number(0, 20'000)});
    }
  }

  void heal() {
    for (fake_sink* each : {files.get(), vault.get()}) {
      each->trouble.reset();
      each->unreachable.clear();
      each->release();
    }
    reload_app->trouble.reset();
    reload_app->release();
    api->release();
    for (const std::string& id : ids_) api->answers(id, tokens_[id]);
    time.run_for(11min);  // the longest pause of all is 5 min
  }

  void expect_all_well() {
    for (const auto& each : workspaces) {
      const workspace_status now = status(each.id);
      for (const sink_status& in : now.sinks) {
        EXPECT_TRUE(in.in_sync) << each.id << " in " << in.name << ": " << in.last_error;
        EXPECT_FALSE(in.hook_pending) << each.id << " in " << in.name;
        const auto& held = in.name == "files" ? file(each.id) : secret_in_vault(each.id);
        EXPECT_EQ(held, tokens_[each.id]) << each.id << " in " << in.name;
      }
    }
    EXPECT_FALSE(files->twice_at_once || vault->twice_at_once);
  }

 private:
  int number(int from, int to) { return std::uniform_int_distribution<int>{from, to}(random_); }
  bool coin() { return number(0, 1) == 1; }
  const std::string& anybody() { return ids_[static_cast<std::size_t>(number(0, 4))]; }
  fake_sink& any_sink() { return coin() ? *files : *vault; }
  failure any_failure() {
    constexpr failure_kind kinds[] = {failure_kind::unreachable, failure_kind::missing_place,
                                      failure_kind::no_permission, failure_kind::server_error,
                                      failure_kind::conflict};
    return {kinds[number(0, 4)], "it fails"};
  }

  void configure() {
    profiles.clear();
    workspaces.clear();
    for (const std::string& id : ids_) {
      const int kind = number(0, 6);
      if (kind == 0) continue;  // not configured
      std::vector<std::uint16_t> sinks{0, 1};
      if (kind == 1) sinks = {0};
      if (kind == 2) sinks = {1};
      add(id, sinks, kind == 3 ? 20s : 60s);
    }
  }

  void rotate(const std::string& id) {
    tokens_[id] = id + std::to_string(++rotations_);
    api->answers(id, tokens_[id]);
  }

  void spoil(fake_sink& where) {
    const std::string destination = (&where == files.get() ? "files/" : "vault/") + anybody();
    where.content.erase(destination);
  }

  void happen() {
    switch (number(0, 13)) {
      case 0:
      case 1:
        return rotate(anybody());
      case 2:
        return api->fails(anybody(), coin() ? failure_kind::unreachable : failure_kind::gone);
      case 3:
        for (const std::string& id : ids_) api->answers(id, tokens_[id]);
        return;
      case 4:
      case 5:
        return spoil(any_sink());
      case 6:
        any_sink().trouble = any_failure();
        return;
      case 7:
        any_sink().trouble.reset();
        return;
      case 8:
        return coin() ? any_sink().hold() : any_sink().release();
      case 9:
        return coin() ? any_sink().hold_looks() : any_sink().release_looks();
      case 10:
        configure();
        return daemon->reload(setup());
      case 11:
        daemon->sync(coin() ? std::string{} : anybody());
        return;
      case 12:
        return coin() ? api->hold() : api->release();
      default:
        reload_app->trouble = coin() ? std::optional(any_failure()) : std::nullopt;
    }
  }

  std::mt19937 random_;
  const std::vector<std::string> ids_{"acme", "bolt", "core", "dent", "echo"};
  std::map<std::string, std::string> tokens_;
  int rotations_ = 0;
};

class engine_pairs_simulation : public testing::TestWithParam<unsigned> {};

TEST_P(engine_pairs_simulation, forgets_no_pair_and_brings_each_its_newest_token_in_the_end) {
  troubled_fleet fleet{GetParam()};
  fleet.live_through(300);
  fleet.heal();
  fleet.expect_all_well();
}

INSTANTIATE_TEST_SUITE_P(seeds, engine_pairs_simulation, testing::Range(0U, 20U));

}  // namespace
}  // namespace tokensyncd::sync
