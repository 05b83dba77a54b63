#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include "tests/support/hand_clock.hpp"
#include "tests/unit/sinks/exec_sink_fixture.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// Several deliveries at once, to different workspaces, on a clock that the test moves.
struct exec_sink_with_many : an_exec_sink {
  exec_sink_with_many() { settings.timeout = 24h; }

  void begin(const std::string& workspace) {
    const auto one = [this, workspace]() -> task<> {
      const sync::delivery_request order{
          {workspace, labels}, what, value, std::nullopt, std::nullopt};
      const auto how = co_await sink->deliver(order);
      if (how) done.push_back(workspace);
    };
    // Kept: a coroutine made of a lambda uses what the lambda has captured.
    const auto& kept = begun.emplace_back(one);
    asio::co_spawn(loop, kept(), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }

  /// Begins `count` of them.
  void begin(const std::string& name, int count) {
    if (!sink) sink = std::make_unique<exec_sink>("handover", settings, unhurried);
    for (int i = 0; i < count; ++i) begin(name + std::to_string(i));
  }

  /// Lets what has begun run for so long that it counts as slow.
  void pass() {
    loop.run_for(50ms);
    still.advance(exec_sink::slow_after);
  }

  /// How many programs have begun and made a directory for it.
  [[nodiscard]] unsigned running() const {
    unsigned count = 0;
    for (const auto& each : std::filesystem::directory_iterator{home.path()}) {
      if (each.path().filename().string().starts_with("run.")) ++count;
    }
    return count;
  }

  void end_all() {
    sink->end_by(still.now());
    loop.run();
  }

  tests::hand_clock still{loop};
  sink_context unhurried{system, identity,  loop,      still,          *rng,
                         prints, unwrapped, "partner", "tokensyncd/0", {}};
  const revision what{1, prints.of("t"), {}};
  const secret value{"t"};
  std::unique_ptr<exec_sink> sink;
  std::vector<std::string> done;
  std::list<std::function<task<>()>> begun;
};

TEST_F(exec_sink_with_many, runs_four_programs_at_once_at_most) {
  settings.command = {script("take",
                             "mkdir $home/run.$$; ls -d $home/run.* | wc -l >> $home/counts; "
                             "sleep 0.2; rmdir $home/run.$$")};
  begin("ws-", 8);
  loop.run();
  EXPECT_EQ(done.size(), 8U);
  EXPECT_THAT(bytes("counts"), HasSubstr("4"));
  EXPECT_THAT(bytes("counts"), Not(testing::ContainsRegex("[5-8]")));
}

TEST_F(exec_sink_with_many, programs_that_hang_for_some_workspaces_hold_up_no_others) {
  settings.command = {script("take", "case $1 in bad-*) exec sleep 3600;; esac; cat > /dev/null"),
                      "{workspace}"};
  begin("bad-", 6);
  begin("good-", 8);
  while (done.size() < 8) pass();
  for (const auto& each : done) EXPECT_THAT(each, HasSubstr("good-"));
  end_all();
}

TEST_F(exec_sink_with_many, programs_that_hang_are_twenty_at_most) {
  settings.command = {script("take", "mkdir $home/run.$$; exec sleep 3600")};
  begin("bad-", 24);
  constexpr unsigned most = exec_sink::at_once + exec_sink::most_slow;
  while (running() < most) pass();
  for (int i = 0; i < 10; ++i) pass();
  EXPECT_EQ(running(), most);
  end_all();
}

}  // namespace
}  // namespace tokensyncd::sinks
