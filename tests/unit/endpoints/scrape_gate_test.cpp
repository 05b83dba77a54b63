#include "daemon/endpoints/scrape_gate.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "tests/support/hand_clock.hpp"

namespace tokensyncd::endpoints {
namespace {

using namespace std::chrono_literals;

class the_gate : public testing::Test {
 protected:
  struct visitor {
    std::unique_ptr<scrape_gate::lease> turn;
    bool answered = false;
    std::exception_ptr error;
    asio::cancellation_signal stop;
  };

  ~the_gate() override {
    for (const auto& each : visitors_) each->stop.emit(asio::cancellation_type::terminal);
    run();
  }

  visitor& comes() {
    visitor& who = *visitors_.emplace_back(std::make_unique<visitor>());
    auto done = [&who](std::exception_ptr error, std::unique_ptr<scrape_gate::lease> turn) {
      who.answered = true;
      who.error = error;
      who.turn = std::move(turn);
    };
    asio::co_spawn(loop_, gate_.enter(), asio::bind_cancellation_slot(who.stop.slot(), done));
    run();
    return who;
  }
  void leaves(visitor& who) {
    who.turn.reset();
    run();
  }
  void passes(std::chrono::milliseconds time) {
    time_.advance(time);
    run();
  }
  void run() {
    loop_.restart();
    loop_.poll();
  }

  asio::io_context loop_;
  tests::hand_clock time_{loop_};
  scrape_gate gate_{time_};
  std::vector<std::unique_ptr<visitor>> visitors_;
};

TEST_F(the_gate, lets_one_in_at_a_time_in_the_order_of_coming) {
  visitor& first = comes();
  visitor& second = comes();
  visitor& third = comes();
  EXPECT_TRUE(first.turn);
  EXPECT_FALSE(second.answered);
  leaves(first);
  EXPECT_TRUE(second.turn);
  EXPECT_FALSE(third.answered);
  leaves(second);
  EXPECT_TRUE(third.turn);
  leaves(third);
  EXPECT_TRUE(comes().turn);
}

TEST_F(the_gate, turns_away_who_has_waited_long_enough) {
  visitor& first = comes();
  visitor& second = comes();
  passes(4'999ms);
  EXPECT_FALSE(second.answered);
  passes(1ms);
  EXPECT_TRUE(second.answered);
  EXPECT_FALSE(second.turn);
  leaves(first);
  EXPECT_TRUE(comes().turn);
}

TEST_F(the_gate, does_not_let_a_slow_reader_keep_the_others_out) {
  visitor& slow = comes();
  passes(8s);
  visitor& waiting = comes();
  EXPECT_FALSE(waiting.answered);
  passes(2s);
  EXPECT_TRUE(waiting.turn);
  leaves(slow);
  EXPECT_FALSE(comes().answered) << "the slow one's leaving opens nothing, as another is inside";
}

TEST_F(the_gate, forgets_who_went_away_while_waiting) {
  visitor& first = comes();
  visitor& second = comes();
  visitor& third = comes();
  second.stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_TRUE(second.answered);
  EXPECT_TRUE(second.error);
  leaves(first);
  EXPECT_TRUE(third.turn);
}

}  // namespace
}  // namespace tokensyncd::endpoints
