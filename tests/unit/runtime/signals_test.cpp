#include "daemon/runtime/process/signals.hpp"

#include <csignal>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace tokensyncd;

TEST(signals, each_signal_is_the_wish_that_it_stands_for) {
  asio::io_context loop;
  signals from{loop};
  from.catch_stops();
  std::vector<signal_request> signal_requests;
  const auto listen = [&]() -> task<> {
    for (const int number : {SIGHUP, SIGUSR1, SIGTERM, SIGINT}) {
      std::raise(number);
      signal_requests.push_back(co_await from.next());
    }
  };
  asio::co_spawn(loop.get_executor(), listen(), [](std::exception_ptr error) {
    if (error) {
      std::rethrow_exception(error);
    }
  });
  loop.run();
  EXPECT_THAT(signal_requests,
              testing::ElementsAre(signal_request::reload, signal_request::sync_all,
                                   signal_request::stop, signal_request::stop));
}

}  // namespace
