#include "daemon/application/watched_answer.hpp"

#include <stdexcept>
#include <string>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/run_task.hpp"

namespace tokensyncd {
namespace {

using testing::HasSubstr;
using testing::Not;

struct a_watched_answer : testing::Test {
  http::reply watch(task<http::reply> answering) {
    return tests::run_task(loop, watched(std::move(answering), observer));
  }
  void expect_told() {
    const std::string said = log.text();
    EXPECT_THAT(said, HasSubstr("an answer to a request: an unexpected exception"));
    EXPECT_THAT(said, Not(HasSubstr("secret-text")));
    std::string text;
    metrics::exposition out(metrics::exposition_format::text, text);
    metrics.append(out);
    EXPECT_THAT(text, HasSubstr("tokensyncd_task_failures_total 1\n"));
  }

  asio::io_context loop{1};
  tests::hand_clock time{loop};
  metrics::daemon_metrics metrics{"0.1.0", "abc"};
  tests::captured_log log;
  telemetry::audit audit{{}, time, log.get(), metrics};
  telemetry::observer observer{metrics, log.get(), audit, time};
};

TEST_F(a_watched_answer, is_the_answer) {
  const auto plain = []() -> task<http::reply> {
    http::reply answer;
    answer.body = "fine";
    co_return answer;
  };
  EXPECT_EQ(watch(plain()).body, "fine");
}

TEST_F(a_watched_answer, that_throws_is_told_of) {
  const auto broken = []() -> task<http::reply> {
    co_await asio::post(use_task);
    throw std::logic_error("secret-text");
  };
  EXPECT_THROW(watch(broken()), std::logic_error);
  expect_told();
}

TEST_F(a_watched_answer, whose_stream_throws_is_told_of) {
  const auto streamed = []() -> task<http::reply> {
    http::reply answer;
    answer.stream = [pieces = 0](std::string& piece) mutable {
      if (++pieces == 2) throw std::logic_error("secret-text");
      piece = "one";
      return true;
    };
    co_return answer;
  };
  const auto answer = watch(streamed());
  std::string piece;
  EXPECT_TRUE(answer.stream(piece));
  EXPECT_EQ(piece, "one");
  EXPECT_THROW(answer.stream(piece), std::logic_error);
  expect_told();
}

}  // namespace
}  // namespace tokensyncd
