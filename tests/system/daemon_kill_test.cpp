#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/file_reader.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsSupersetOf;

/// Rotates a workspace again and again on a thread of its own.
class rotator {
 public:
  rotator(sandbox& api, const std::string& workspace) {
    given_.push_back(api.rotate(workspace));
    thread_ = std::thread([this, &api, workspace] {
      while (!stopping_) {
        given_.push_back(api.rotate(workspace));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // else no port is left
      }
    });
  }
  ~rotator() { (void)stop(); }
  rotator(const rotator&) = delete;
  rotator& operator=(const rotator&) = delete;

  /// Ends it; all tokens that there were, in order.
  std::vector<std::string> stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return given_;
  }

 private:
  std::vector<std::string> given_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// `acme` is rotated once a round, just before the kill; `beta` all the time.
class daemon_kill_test : public testing::Test {
 protected:
  bool is_delivered(const std::string& workspace) {
    return eventually([&] { return daemon_.delivered(workspace) == api_.token(workspace); });
  }

  std::int64_t generation(const std::string& workspace) {
    return daemon_.status(workspace).at("generation").as_int64();
  }

  std::set<std::string> names(const std::string& directory) const {
    std::set<std::string> out;
    for (const auto& each : std::filesystem::directory_iterator(daemon_.directory() / directory))
      out.insert(each.path().filename());
    return out;
  }

  /// How long the daemon takes from being asked to having delivered.
  microseconds pace() {
    tokens_of_acme_.push_back(api_.rotate("acme"));
    const auto began = steady_clock::now();
    (void)daemon_.ask("/-/sync/acme", "POST");
    EXPECT_TRUE(is_delivered("acme"));
    return std::chrono::duration_cast<microseconds>(steady_clock::now() - began);
  }

  void rotate_and_kill_after(microseconds moment) {
    tokens_of_acme_.push_back(api_.rotate("acme"));
    const auto until = steady_clock::now() + moment;
    (void)daemon_.ask("/-/sync/acme", "POST");
    std::this_thread::sleep_until(until);
    daemon_.kill();
  }

  /// Old or new, whole, private, and never an older one again.
  static void expect_in_order(const sightings& seen, const std::vector<std::string>& given) {
    EXPECT_GT(seen.looks, 1000U);
    EXPECT_EQ(seen.missing, 0U);
    EXPECT_EQ(seen.wider, 0U);
    auto at = given.begin();
    for (const auto& content : seen.contents) {
      at = std::find(at, given.end(), content);
      ASSERT_NE(at, given.end()) << seen.file << " held '" << content << "'";
    }
  }

  sandbox api_{{.workspaces = {"acme", "beta"}}};
  daemon daemon_{api_, {.workspaces = {"acme", "beta"}, .interval = "100ms"}};
  std::vector<std::string> tokens_of_acme_;
};

TEST_F(daemon_kill_test, at_any_moment_loses_no_rotation_counts_none_twice_and_leaves_nothing) {
  tokens_of_acme_.push_back(api_.rotate("acme"));
  rotator beta{api_, "beta"};
  daemon_.start();
  ASSERT_TRUE(is_delivered("acme"));
  ASSERT_TRUE(eventually([this] { return !daemon_.delivered("beta").empty(); }));
  file_reader reader{{daemon_.token_file("acme"), daemon_.token_file("beta")}};

  std::minstd_rand rng{20261124};
  const auto whole = pace();
  std::int64_t beta_before = 0;
  for (int round = 0; round < 30; ++round) {
    rotate_and_kill_after(whole * static_cast<int>(rng() % 128) / 100);
    daemon_.start();
    ASSERT_TRUE(is_delivered("acme")) << round;
    ASSERT_EQ(generation("acme"), static_cast<std::int64_t>(tokens_of_acme_.size())) << round;
    const auto beta_now = generation("beta");
    ASSERT_GE(beta_now, beta_before) << round;
    beta_before = beta_now;
  }

  const auto tokens_of_beta = beta.stop();
  EXPECT_TRUE(is_delivered("beta"));
  EXPECT_LE(generation("beta"), static_cast<std::int64_t>(tokens_of_beta.size()));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_THAT(names("tokens"), ElementsAre("acme", "beta"));
  EXPECT_THAT((std::set<std::string>{"partner-secret", "state.db", "state.db.lock", "tokens",
                                     "tokensyncd.yaml"}),
              IsSupersetOf(names(".")));
  EXPECT_EQ(daemon_.all_output().find("state.replaced"), std::string::npos);
  const auto seen = reader.stop();
  expect_in_order(seen.at(0), tokens_of_acme_);
  expect_in_order(seen.at(1), tokens_of_beta);
}

TEST_F(daemon_kill_test, in_its_first_start_ever_leaves_a_state_that_opens) {
  const auto state = daemon_.directory() / "state.db";
  std::minstd_rand rng{20261125};
  for (int round = 0; round < 20; ++round) {
    api_.rotate("acme");
    daemon_.launch();
    const auto end = steady_clock::now() + ceiling;
    while (!std::filesystem::exists(state) && steady_clock::now() < end) {
    }
    std::this_thread::sleep_for(microseconds(rng() % 5'000));
    daemon_.kill();

    daemon_.start();
    ASSERT_TRUE(is_delivered("acme")) << round;
    ASSERT_EQ(daemon_.all_output().find("state.replaced"), std::string::npos) << round;
    ASSERT_EQ(daemon_.stop(), 0);
    ASSERT_EQ(std::filesystem::remove(state), true);
  }
}

}  // namespace
}  // namespace tokensyncd::tests
