#include "daemon/store/store_health.hpp"

#include <optional>
#include <string>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "tests/support/hand_clock.hpp"
#include "tests/support/quiet_store.hpp"
#include "tests/support/run_task.hpp"

namespace tokensyncd::store {
namespace {

using namespace std::chrono_literals;

/// A store that fails, or hangs, when told to.
class moody_store final : public tests::quiet_store {
 public:
  explicit moody_store(clock& time) : held_(time.make_sleeper()) {}

  bool full = false;
  bool hangs = false;
  int loads = 0;
  int looks = 0;
  int closes = 0;
  std::size_t attempts = 0;
  std::vector<std::string> saved;  ///< places, one text a save

  void release() {
    hangs = false;
    held_->wake();
  }

  result<void> load(wall_time, const std::function<void(const sync::stored_workspace&)>&,
                    const std::function<void(const sync::stored_presence&)>&) override {
    ++loads;
    return failure{failure_kind::damaged, "damaged"};
  }
  task<result<void>> save(std::vector<sync::change> changes) override {
    ++attempts;
    while (hangs) co_await held_->sleep_until(steady_time::max());
    if (full) co_return failure{failure_kind::no_space, "full"};
    std::string destinations;
    for (const auto& each : changes)
      destinations += std::get<sync::forgotten_presence>(each).destination;
    saved.push_back(destinations);
    co_return result<void>{};
  }
  task<result<void>> look() override {
    ++looks;
    while (hangs) co_await held_->sleep_until(steady_time::max());
    co_return result<void>{};
  }
  task<> close() override {
    ++closes;
    co_return;
  }

 private:
  std::unique_ptr<sleeper> held_;
};

struct the_store_health : testing::Test {
  /// One call of save() or look().
  struct call {
    std::optional<result<void>> outcome{};
    asio::cancellation_signal stop{};
  };

  asio::io_context loop{1};
  tests::hand_clock time{loop};
  moody_store held{time};
  int changes = 0;
  store_health watched{loop, time, held, [this] { ++changes; }};

  ~the_store_health() override {
    held.full = false;
    held.release();
    auto closed = watched.close();
    asio::co_spawn(loop, std::move(closed), [](const std::exception_ptr&) {});
    run();
  }

  void run() {
    loop.restart();
    loop.poll();
  }
  void pass(std::chrono::milliseconds span) {
    time.advance(span);
    run();
  }
  void begin(call& one, task<result<void>> what) {
    const auto on_end = [&one](const std::exception_ptr& error, result<void> how) {
      if (!error) one.outcome = std::move(how);
    };
    asio::co_spawn(loop, std::move(what), asio::bind_cancellation_slot(one.stop.slot(), on_end));
    run();
  }
  void begin_save(call& one, const std::string& destination) {
    std::vector<sync::change> what{sync::forgotten_presence{destination}};
    begin(one, watched.save(std::move(what)));
  }
  bool save(const std::string& destination) {
    call one;
    begin_save(one, destination);
    return one.outcome && one.outcome->has_value();
  }
};

TEST_F(the_store_health, passes_on_what_it_is_asked_and_what_comes_of_it) {
  EXPECT_TRUE(save("a"));
  EXPECT_EQ(held.saved, (std::vector<std::string>{"a"}));
  held.full = true;
  call failed;
  begin_save(failed, "b");
  ASSERT_TRUE(failed.outcome);
  EXPECT_EQ(failed.outcome->error().kind, failure_kind::no_space);
  EXPECT_FALSE(watched.load({}, {}, {}));
  EXPECT_EQ(held.loads, 1);
}

TEST_F(the_store_health, saves_nothing_at_once_also_while_something_is_being_saved) {
  const auto save_nothing = [this] { return watched.save({}); };
  call one;
  begin(one, save_nothing());
  ASSERT_TRUE(one.outcome);
  EXPECT_TRUE(one.outcome->has_value());
  held.hangs = true;
  call other;
  begin_save(other, "a");
  call meanwhile;
  begin(meanwhile, save_nothing());
  EXPECT_FALSE(meanwhile.outcome);
  held.release();
  run();
  ASSERT_TRUE(meanwhile.outcome);
  EXPECT_TRUE(meanwhile.outcome->has_value());
  EXPECT_FALSE(watched.failing());
}

TEST_F(the_store_health, fails_from_a_write_that_failed_until_one_that_did_not) {
  EXPECT_FALSE(watched.failing());
  held.full = true;
  EXPECT_FALSE(save("a"));
  EXPECT_FALSE(save("b"));
  EXPECT_TRUE(watched.failing());
  EXPECT_EQ(watched.why_failing(), "full");
  EXPECT_EQ(changes, 1);
  held.full = false;
  EXPECT_TRUE(save("c"));
  EXPECT_FALSE(watched.failing());
  EXPECT_EQ(changes, 2);
}

TEST_F(the_store_health, saves_what_could_not_be_saved_before_what_comes_later) {
  held.full = true;
  EXPECT_FALSE(save("a"));
  EXPECT_FALSE(save("b"));
  held.full = false;
  EXPECT_TRUE(save("c"));
  EXPECT_EQ(held.saved, (std::vector<std::string>{"abc"}));
}

TEST_F(the_store_health, tries_again_by_itself) {
  held.full = true;
  EXPECT_FALSE(save("a"));
  held.full = false;
  pass(store_health::retry - 1ms);
  EXPECT_TRUE(held.saved.empty());
  pass(1ms);
  EXPECT_EQ(held.saved, (std::vector<std::string>{"a"}));
  EXPECT_FALSE(watched.failing());
}

TEST_F(the_store_health, lets_nobody_wait_longer_than_its_patience_while_a_save_hangs) {
  held.hangs = true;
  call first;
  call second;
  begin_save(first, "a");
  pass(1'500ms);
  begin_save(second, "b");
  pass(499ms);
  EXPECT_FALSE(first.outcome || second.outcome);
  EXPECT_FALSE(watched.failing());
  pass(1ms);
  for (const call* each : {&first, &second}) {
    ASSERT_TRUE(each->outcome);
    EXPECT_EQ(each->outcome->error().kind, failure_kind::timed_out);
  }
  EXPECT_TRUE(watched.failing());
}

TEST_F(the_store_health, lets_nobody_wait_at_all_once_a_save_hangs_and_saves_all_of_it_later) {
  held.hangs = true;
  call first;
  begin_save(first, "a");
  pass(store_health::patience);
  for (int i = 0; i < 40; ++i) {
    call later;
    begin_save(later, i < 20 ? "b" : "c");
    ASSERT_TRUE(later.outcome);
    EXPECT_EQ(later.outcome->error().kind, failure_kind::timed_out);
  }
  EXPECT_EQ(held.attempts, 1U);
  held.release();
  run();
  EXPECT_EQ(held.saved, (std::vector<std::string>{"a", "bc"})) << "the newest of each place";
  EXPECT_FALSE(watched.failing());
  EXPECT_TRUE(save("d"));
}

TEST_F(the_store_health, has_saved_nothing_at_once_also_behind_a_save_under_way) {
  call alone;
  begin(alone, watched.save({}));
  ASSERT_TRUE(alone.outcome);
  EXPECT_TRUE(alone.outcome->has_value());

  held.hangs = true;
  call one;
  begin_save(one, "a");
  call behind;
  begin(behind, watched.save({}));
  EXPECT_FALSE(behind.outcome) << "it tells of what was handed over before";
  held.release();
  run();
  ASSERT_TRUE(behind.outcome);
  EXPECT_TRUE(behind.outcome->has_value());
  EXPECT_FALSE(watched.failing());
  EXPECT_EQ(held.attempts, 1U);
}

TEST_F(the_store_health, finishes_what_a_cancelled_caller_has_handed_over) {
  held.hangs = true;
  call one;
  begin_save(one, "a");
  one.stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_FALSE(one.outcome);
  held.release();
  run();
  ASSERT_TRUE(one.outcome);
  EXPECT_TRUE(one.outcome->has_value());
}

TEST_F(the_store_health, notices_by_a_look_that_the_store_hangs) {
  call fine;
  begin(fine, watched.look());
  ASSERT_TRUE(fine.outcome);
  EXPECT_TRUE(fine.outcome->has_value());
  held.hangs = true;
  call late;
  begin(late, watched.look());
  pass(store_health::patience);
  ASSERT_TRUE(late.outcome);
  EXPECT_EQ(late.outcome->error().kind, failure_kind::timed_out);
  EXPECT_TRUE(watched.failing());
  EXPECT_EQ(held.looks, 2);
}

TEST_F(the_store_health, tries_once_more_when_it_is_closed_and_then_takes_nothing) {
  held.full = true;
  EXPECT_FALSE(save("a"));
  held.full = false;
  tests::run_task(loop, watched.close());
  EXPECT_EQ(held.saved, (std::vector<std::string>{"a"}));
  EXPECT_EQ(held.closes, 1);
  EXPECT_FALSE(watched.unsaved());
  EXPECT_FALSE(save("b"));
}

TEST_F(the_store_health, says_why_it_is_closed_without_having_saved_all) {
  held.full = true;
  EXPECT_FALSE(save("a"));
  tests::run_task(loop, watched.close());
  ASSERT_TRUE(watched.unsaved());
  EXPECT_EQ(watched.unsaved()->sentence, "full");
}

TEST_F(the_store_health, does_not_know_whether_a_save_under_way_is_saved) {
  EXPECT_FALSE(watched.unsaved());
  held.hangs = true;
  call look;
  begin(look, watched.look());
  EXPECT_FALSE(watched.unsaved()) << "nothing was handed over";
  held.release();
  run();
  held.hangs = true;
  call one;
  begin_save(one, "a");
  EXPECT_TRUE(watched.unsaved());
  pass(store_health::patience);
  ASSERT_TRUE(watched.unsaved());
  EXPECT_EQ(watched.unsaved()->sentence, "its disk hangs or is very slow");
  held.release();
  run();
  EXPECT_FALSE(watched.unsaved());
}

}  // namespace
}  // namespace tokensyncd::store
