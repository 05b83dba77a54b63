#include "daemon/sinks/exec/exec_sink.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using tests::run_task;

constexpr wall_time rotated{std::chrono::seconds{1'795'473'785}};  // 2026-11-23T22:43:05Z

struct an_exec_sink : testing::Test {
  an_exec_sink() { std::signal(SIGPIPE, SIG_IGN); }

  std::string script(const std::string& name, const std::string& text) {
    std::ofstream(home / name) << "#!/bin/sh\nhome=" << home.path().string() << "\n"
                               << text << "\n";
    std::filesystem::permissions(home / name, std::filesystem::perms::owner_all);
    return (home / name).string();
  }
  std::unique_ptr<exec_sink> make() {
    return std::make_unique<exec_sink>("handover", settings, world);
  }

  result<sync::delivered> deliver(exec_sink& to, const std::string& token) {
    const revision what{1, prints.of(token), rotated};
    const secret value{token};
    const sync::order order{{"acme", labels}, what, value, std::nullopt, std::nullopt};
    return run_task(loop, to.deliver(order));
  }
  result<sync::delivered> deliver(const std::string& token = "canary-0123456789") {
    return deliver(*make(), token);
  }

  [[nodiscard]] std::string bytes(const std::string& name) const {
    std::ifstream from(home / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
  }

  tests::temporary_directory home;
  config::exec_sink_settings settings;
  config::labels labels{{"customer", "a b"}};
  asio::io_context loop{1};
  std::unique_ptr<clock> time = make_system_clock(loop);
  std::unique_ptr<random_source> chance = make_chance();
  system_calls system;
  writer_identity identity{installation_key{}};
  fingerprinter prints{installation_key{}};
  std::vector<std::string> heard;
  sink_world world{system,
                   identity,
                   loop,
                   *time,
                   *chance,
                   prints,
                   "partner",
                   "tokensyncd/0",
                   {},
                   [this](const std::string& sink, std::string_view stream, std::string_view line) {
                     heard.push_back(sink + " " + std::string(stream) + ": " + std::string(line));
                   }};
};

TEST_F(an_exec_sink, hands_over_the_token_alone) {
  settings.command = {script("take",
                             "cat > $home/got; tr '\\0' '\\n' < /proc/$$/cmdline > $home/argv;"
                             "env > $home/env"),
                      "{workspace}", "for {label.customer}"};
  const auto done = deliver();
  ASSERT_TRUE(done) << done.error().sentence;
  EXPECT_EQ(done->how, sync::write_result::written);
  EXPECT_EQ(bytes("got"), "canary-0123456789");
  EXPECT_THAT(bytes("argv"), HasSubstr("\nacme\nfor a b\n"));
  EXPECT_THAT(bytes("argv"), Not(HasSubstr("canary")));
  EXPECT_THAT(bytes("env"), Not(HasSubstr("canary")));
  EXPECT_THAT(bytes("env"), HasSubstr("TOKENSYNCD_SINK=handover\n"));
  EXPECT_THAT(bytes("env"), HasSubstr("TOKENSYNCD_WORKSPACE=acme\n"));
  EXPECT_THAT(bytes("env"), HasSubstr("TOKENSYNCD_GENERATION=1\n"));
}

TEST_F(an_exec_sink, hands_over_json) {
  settings.command = {script("take", "cat > $home/got")};
  settings.input = config::exec_input::json;
  ASSERT_TRUE(deliver("quo\"te"));
  EXPECT_EQ(bytes("got"),
            "{\"workspace_id\":\"acme\",\"token\":\"quo\\\"te\","
            "\"rotated_at\":\"2026-11-23T22:43:05Z\"}\n");
}

TEST_F(an_exec_sink, an_exit_code_other_than_0_is_a_failure_that_quotes_nothing) {
  settings.command = {script("take", "read -r token; echo \"no: $token\" >&2; exit 7")};
  const auto done = deliver();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().sentence, HasSubstr("ended with exit code 7"));
  EXPECT_THAT(done.error().sentence, HasSubstr("acme"));
  EXPECT_THAT(done.error().sentence, Not(HasSubstr("canary")));
}

TEST_F(an_exec_sink, what_the_program_writes_is_told_with_the_token_masked) {
  settings.command = {
      script("take", "token=$(cat); echo \"got <$token>\"; echo \"$token\" | fold -w 9 >&2")};
  ASSERT_TRUE(deliver());
  EXPECT_THAT(heard, testing::Contains("handover stdout: got <…>"));
  for (const auto& line : heard) EXPECT_THAT(line, Not(HasSubstr("canary-0")));
}

TEST_F(an_exec_sink, a_program_that_hangs_fails_by_its_time_limit) {
  settings.command = {script("take", "sleep 60")};
  settings.timeout = 200ms;
  const auto done = deliver();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure_kind::timed_out);
}

TEST_F(an_exec_sink, a_missing_program_is_named_by_deliver_and_by_check) {
  settings.command = {(home / "nothing").string()};
  const auto done = deliver();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure_kind::missing_place);
  const auto sink = make();
  const std::vector<sync::target> all{{"acme", labels}};
  const auto problems = run_task(loop, sink->check(all, sync::thoroughness::look));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].key, "command");
  EXPECT_EQ(problems[0].what.sentence, done.error().sentence);
}

TEST_F(an_exec_sink, its_place_tells_workspace_input_and_command) {
  settings.command = {"/bin/take", "{workspace}"};
  EXPECT_EQ(make()->place({"acme", labels}), R"(exec:["acme","raw","/bin/take","acme"])");
  settings.command = {"/bin/take acme"};
  EXPECT_NE(make()->place({"acme", labels}), R"(exec:["acme","raw","/bin/take","acme"])");
  settings.command = {"/bin/take", "{token}"};
  EXPECT_THROW(make(), std::invalid_argument);
}

TEST_F(an_exec_sink, inspect_says_by_its_exit_code_what_has_drifted) {
  settings.command = {script("take", "cat > /dev/null")};
  settings.inspect = {script("look", "test -z \"$(cat)\" || exit 9; exit $(cat $home/verdict)"),
                      "{workspace}"};
  const auto sink = make();
  const auto look = [&](const char* verdict) {
    std::ofstream(home / "verdict") << verdict;
    std::vector<sync::inspection> places{{{"acme", labels}, {}, false}};
    run_task(loop, sink->inspect(places));
    return places[0].drifted;
  };
  EXPECT_FALSE(look("0"));
  EXPECT_FALSE(look("2")) << "it can't tell";
  EXPECT_TRUE(look("1"));
  const auto again = deliver(*sink, "canary-0123456789");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->how, sync::write_result::repaired);
}

TEST_F(an_exec_sink, runs_four_programs_at_once_at_most) {
  settings.command = {script("take",
                             "mkdir $home/run.$$; ls -d $home/run.* | wc -l >> $home/counts; "
                             "sleep 0.2; rmdir $home/run.$$")};
  const auto sink = make();
  const revision what{1, prints.of("t"), {}};
  const secret value{"t"};
  const sync::order order{{"acme", labels}, what, value, std::nullopt, std::nullopt};
  int done = 0;
  const auto one = [&]() -> task<> {
    const auto how = co_await sink->deliver(order);
    EXPECT_TRUE(how);
    ++done;
  };
  const auto rethrow = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  };
  for (int i = 0; i < 8; ++i) asio::co_spawn(loop, one(), rethrow);
  loop.run();
  EXPECT_EQ(done, 8);
  EXPECT_THAT(bytes("counts"), HasSubstr("4"));
  EXPECT_THAT(bytes("counts"), Not(testing::ContainsRegex("[5-8]")));
}

TEST_F(an_exec_sink, takes_nothing_more_when_its_use_ends) {
  settings.command = {script("take", "cat > /dev/null")};
  const auto sink = make();
  asio::cancellation_signal stop;
  asio::co_spawn(loop, sink->tend(),
                 asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
  loop.poll();
  stop.emit(asio::cancellation_type::terminal);
  loop.poll();
  const auto done = deliver(*sink, "canary-0123456789");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure_kind::cancelled);
}

}  // namespace
}  // namespace tokensyncd::sinks
