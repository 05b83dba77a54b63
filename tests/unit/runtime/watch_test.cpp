#include "daemon/runtime/fs/watch.hpp"

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <stdlib.h>
#include <sys/resource.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "tests/support/hand_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Each test awaits the notice itself: where none comes, it ends in CTest's time limit.
class watch_test : public testing::Test {
 protected:
  watch_test() {
    std::string name = (fs::temp_directory_path() / "watch_XXXXXX").string();
    home_ = ::mkdtemp(name.data());
  }
  ~watch_test() override { fs::remove_all(home_); }

  void run(const std::function<task<>()>& scenario) {
    asio::co_spawn(loop_, scenario(), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
    loop_.run();
  }

  void put(const fs::path& name, const std::string& content = "x") const {
    std::ofstream(home_ / name) << content;
  }

  task<> notice(const char* after) {
    const auto told = co_await watch_.changed();
    EXPECT_TRUE(told.has_value()) << after;
    ++notices_;
  }

  fs::path home_;
  asio::io_context loop_{1};
  std::unique_ptr<clock> clock_ = make_system_clock(loop_);
  directory_watch watch_{loop_, *clock_};
  int notices_ = 0;
};

TEST_F(watch_test, tells_of_files_made_replaced_and_removed) {
  const auto scenario = [&]() -> task<> {
    EXPECT_TRUE(watch_.set({home_}).has_value());
    put("a");
    co_await notice("a new file");
    put(".b");
    fs::rename(home_ / ".b", home_ / "a");
    co_await notice("a rename over it");
    fs::remove(home_ / "a");
    co_await notice("its removal");
  };
  run(scenario);
  EXPECT_EQ(notices_, 3);
}

TEST_F(watch_test, tells_only_when_it_has_been_quiet_and_once_for_a_burst) {
  const auto scenario = [&]() -> task<> {
    EXPECT_TRUE(watch_.set({home_}).has_value());
    const auto began = clock_->now();
    for (int i = 0; i < 100; ++i) put("file" + std::to_string(i));
    co_await notice("a burst");
    EXPECT_GE(clock_->now() - began, directory_watch::quiet);
    put("last");
    co_await notice("one more file");
  };
  run(scenario);
}

TEST_F(watch_test, sees_a_kubernetes_data_symlink_swapped) {
  fs::create_directory(home_ / "v1");
  fs::create_directory(home_ / "v2");
  fs::create_directory_symlink("v1", home_ / "..data");
  const auto scenario = [&]() -> task<> {
    EXPECT_TRUE(watch_.set({home_ / "..data"}).has_value());
    fs::create_directory_symlink("v2", home_ / "tmp");
    fs::rename(home_ / "tmp", home_ / "..data");
    co_await notice("the swap");
    put("v2/file");
    co_await notice("a file in the new target");
  };
  run(scenario);
  EXPECT_EQ(notices_, 2);
}

TEST_F(watch_test, survives_a_directory_that_vanishes_with_its_parents_and_comes_back) {
  const auto place = home_ / "one/two/three";
  const auto scenario = [&]() -> task<> {
    EXPECT_TRUE(watch_.set({place}).has_value()) << "it may be missing";
    fs::create_directories(place);
    co_await notice("its appearance");
    put("one/two/three/a");
    co_await notice("a file in it");
    fs::remove_all(home_ / "one");
    co_await notice("its removal");
    fs::create_directories(place);
    put("one/two/three/a");
    co_await notice("its return");
    fs::rename(home_ / "one", home_ / "other");
    fs::create_directories(place);
    co_await notice("a parent replaced");
    put("one/two/three/b");
    co_await notice("a file in the new one");
  };
  run(scenario);
  EXPECT_EQ(notices_, 6);
}

TEST_F(watch_test, takes_everything_as_changed_when_the_kernels_queue_overflows) {
  fs::create_directory(home_ / "place");
  std::ifstream limit_file("/proc/sys/fs/inotify/max_queued_events");
  int limit = 0;
  limit_file >> limit;
  ASSERT_GT(limit, 0);
  const auto scenario = [&]() -> task<> {
    EXPECT_TRUE(watch_.set({home_ / "place"}).has_value());
    // Two names in turn, as equal events in a row are merged.
    for (int i = 0; i <= limit; ++i) {
      const auto name = home_ / "place" / std::string(1, "ab"[i % 2]);
      std::ofstream{name};
      fs::remove(name);
    }
    fs::remove_all(home_ / "place");
    fs::create_directory(home_ / "place");
    co_await notice("the overflow");
    put("place/file");
    co_await notice("a file in the directory that came back unseen");
  };
  run(scenario);
  EXPECT_EQ(notices_, 2);
}

TEST_F(watch_test, fails_with_a_value_when_the_kernel_gives_no_more_and_recovers) {
  const auto scenario = [&]() -> task<> {
    ::rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    ::rlimit none = before;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto refused = watch_.set({home_});
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_FALSE(refused.has_value());
    const auto told = co_await watch_.changed();
    EXPECT_FALSE(told.has_value());

    EXPECT_TRUE(watch_.set({home_}).has_value());
    put("a");
    co_await notice("a file after the recovery");
  };
  run(scenario);
  EXPECT_EQ(notices_, 1);
}

TEST_F(watch_test,
       keeps_waiting_when_other_directories_are_set_meanwhile_and_throws_when_cancelled) {
  fs::create_directory(home_ / "one");
  fs::create_directory(home_ / "two");
  bool cancelled = false;
  const auto cut_short = [&]() -> task<> {
    try {
      co_await notice("nothing");
    } catch (const boost::system::system_error&) {
      cancelled = true;
      throw;
    }
  };
  const auto at_once = [&]() -> task<> { co_await asio::post(loop_, use_task); };
  const auto scenario = [&]() -> task<> {
    using namespace asio::experimental::awaitable_operators;
    EXPECT_TRUE(watch_.set({home_ / "one"}).has_value());
    asio::post(loop_, [&] {
      EXPECT_TRUE(watch_.set({home_ / "two"}).has_value());
      put("two/file");
    });
    co_await notice("a file in the new set");
    co_await (cut_short() || at_once());
  };
  run(scenario);
  EXPECT_EQ(notices_, 1);
  EXPECT_TRUE(cancelled);
}

/// On a clock that is moved by hand: what one wait of 30 s comes to.
struct a_wait_for_changes : testing::Test {
  void begin() {
    const auto wait = [this]() -> task<> {
      told = co_await watched.changed_within(30s, unwatched);
    };
    waiting = wait;
    asio::co_spawn(loop, waiting(), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
    pass(0ms);
  }
  void pass(std::chrono::milliseconds span) {
    time.advance(span);
    loop.restart();
    loop.poll();
  }

  asio::io_context loop{1};
  tests::hand_clock time{loop};
  directory_watch watched{loop, time};
  std::vector<std::string> reasons;
  const std::function<void(const failure&)> unwatched = [this](const failure& why) {
    reasons.push_back(why.sentence);
  };
  std::function<task<>()> waiting;
  std::optional<bool> told;
};

TEST_F(a_wait_for_changes, ends_after_its_time_where_the_kernel_tells_nothing) {
  const tests::temporary_directory place;
  ASSERT_TRUE(watched.set({place.path()}));
  begin();
  pass(29'999ms);
  EXPECT_FALSE(told);
  pass(1ms);
  EXPECT_EQ(told, false);
  EXPECT_TRUE(reasons.empty());
}

TEST_F(a_wait_for_changes, ends_after_its_time_where_nothing_can_be_watched_and_says_why) {
  begin();  // as after a set() that failed
  EXPECT_EQ(reasons.size(), 1U);
  pass(29'999ms);
  EXPECT_FALSE(told);
  pass(1ms);
  EXPECT_EQ(told, false);
}

TEST_F(watch_test, is_cancelled_while_it_waits_for_quiet_as_at_any_time) {
  boost::system::error_code ended;
  const auto waiting = [&]() -> task<> {
    EXPECT_TRUE(watch_.set({home_}).has_value());
    put("a");
    (void)co_await watch_.changed();
  };
  asio::cancellation_signal stop;
  const auto on_end = [&](const std::exception_ptr& error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const boost::system::system_error& thrown) {
      ended = thrown.code();
    }
  };
  asio::co_spawn(loop_, waiting(), asio::bind_cancellation_slot(stop.slot(), on_end));
  asio::steady_timer in_between{loop_, directory_watch::quiet / 2};
  in_between.async_wait(
      [&](const boost::system::error_code&) { stop.emit(asio::cancellation_type::terminal); });
  loop_.run();
  EXPECT_EQ(ended, asio::error::operation_aborted);
}

}  // namespace
}  // namespace tokensyncd
