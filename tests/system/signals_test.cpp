#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <sqlite3.h>

#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

using namespace std::chrono_literals;

/// Another program that has begun to write to the state and doesn't end: each of the daemon's saves
/// waits 5 s for it, then fails.
class other_writer {
 public:
  explicit other_writer(const std::filesystem::path& state) {
    sqlite3* handle = nullptr;
    const int opened = sqlite3_open(state.c_str(), &handle);
    file_.reset(handle);
    sqlite3_busy_timeout(handle, static_cast<int>(std::chrono::milliseconds(ceiling).count()));
    if (opened != SQLITE_OK ||
        sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error("can't lock " + state.string());
  }

 private:
  struct closer {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
  };
  std::unique_ptr<sqlite3, closer> file_;
};

class signals_test : public system_test {
 protected:
  /// Rotates, and returns when the daemon's question is being held back.
  void ask_and_hold() {
    api_.when("acme").held();
    api_.rotate("acme");
    sync("acme");
    ASSERT_TRUE(eventually([this] { return api_.held() == 1; }));
  }

  /// Leaves the daemon with three saves that last 5 s each: one under way, one that waits, and the
  /// one that a stop begins with.
  std::unique_ptr<other_writer> make_saves_last() {
    auto options = daemon_.options();
    options.workspaces.push_back("beta");
    api_.add("beta");
    api_.rotate("beta");
    daemon_.configure(options);
    daemon_.start();
    EXPECT_TRUE(is_delivered("beta"));
    auto other = std::make_unique<other_writer>(daemon_.directory() / "state.db");
    for (const auto* id : {"acme", "beta"}) {
      const auto before = polls("changed");
      api_.rotate(id);
      sync(id);
      EXPECT_TRUE(eventually([&] { return polls("changed") > before; }));
    }
    return other;
  }

  /// Whether the run that has ended, or runs, said so.
  [[nodiscard]] bool said(const std::string& event) {
    return daemon_.running().errors().find(event) != std::string::npos;
  }
};

TEST_F(signals_test, sigterm_and_sigint_end_it_with_0_and_say_so) {
  for (const int number : {SIGTERM, SIGINT}) {
    daemon_.start();
    daemon_.running().signal(number);
    EXPECT_EQ(daemon_.running().wait(), 0) << number;
    EXPECT_TRUE(said("daemon.stopped")) << number;
    EXPECT_FALSE(std::filesystem::exists(daemon_.socket())) << number;
  }
}

TEST_F(signals_test, sigusr1_checks_every_workspace_now) {
  api_.rotate("acme");
  daemon_.running().signal(SIGUSR1);
  EXPECT_TRUE(is_delivered("acme"));
}

TEST_F(signals_test, a_stop_does_not_wait_for_an_answer_and_the_next_run_brings_the_token) {
  const auto old_token = daemon_.delivered("acme");
  ask_and_hold();
  daemon_.running().signal(SIGTERM);
  EXPECT_EQ(daemon_.running().wait(), 0);
  EXPECT_TRUE(said("daemon.stopped"));
  EXPECT_FALSE(said("daemon.left"));
  EXPECT_EQ(daemon_.delivered("acme"), old_token);

  api_.clear_faults();
  api_.release();
  daemon_.start();
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(daemon_.status("acme").at("generation").as_int64(), 2);
}

TEST_F(signals_test, a_stop_that_waits_for_a_save_ends_after_ten_seconds_all_the_same) {
  const auto other = make_saves_last();
  const auto began = std::chrono::steady_clock::now();
  daemon_.running().signal(SIGTERM);
  EXPECT_EQ(daemon_.running().wait(), 0);
  EXPECT_TRUE(said("daemon.left"));
  EXPECT_FALSE(said("daemon.stopped"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 14s);
}

TEST_F(signals_test, a_second_signal_does_not_wait_for_what_is_in_flight) {
  const auto other = make_saves_last();
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("daemon.stopping");
  const auto again = std::chrono::steady_clock::now();
  daemon_.running().signal(SIGINT);
  EXPECT_EQ(daemon_.running().wait(), 0);
  EXPECT_TRUE(said("daemon.left"));
  EXPECT_LT(std::chrono::steady_clock::now() - again, 4s);
}

TEST_F(signals_test, once_too_leaves_at_a_second_signal_and_does_not_say_that_all_is_well) {
  EXPECT_EQ(daemon_.stop(), 0);
  api_.when("acme").held();
  api_.rotate("acme");
  daemon_.launch({}, {"once"});
  ASSERT_TRUE(eventually([this] { return api_.held() == 1; }));
  const other_writer other{daemon_.directory() / "state.db"};
  api_.clear_faults();
  api_.release();
  daemon_.running().wait_for_line("source.checked");  // and its save begins
  const auto began = std::chrono::steady_clock::now();
  daemon_.running().signal(SIGINT);
  daemon_.running().signal(SIGTERM);
  EXPECT_EQ(daemon_.running().wait(), 1);
  EXPECT_TRUE(said("ended before everything was known to be delivered"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
}

}  // namespace
}  // namespace tokensyncd::tests
