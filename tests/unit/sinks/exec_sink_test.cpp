#include "daemon/sinks/exec/exec_sink.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"
#include "tests/unit/sinks/exec_sink_fixture.hpp"

namespace tokensyncd::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using tests::run_task;

TEST_F(an_exec_sink, shows_no_token_of_any_workspace_that_its_program_prints) {
  settings.command = {script("take", "printf 'got_'; cat; printf 'xother-Tx' >&2; echo other-T")};
  context.masked.tokens = [] {
    sync::token_test known;
    known.is_token = [](std::string_view text) { return text == "other-T"; };
    known.lengths = [] { return std::vector<std::uint16_t>{7}; };
    return known;
  };
  ASSERT_TRUE(deliver());
  EXPECT_THAT(heard,
              testing::UnorderedElementsAre("handover stdout: got_……", "handover stderr: x…x"));
}

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
  EXPECT_EQ(done.error().output, "no: …") << "for the log alone";
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
  EXPECT_THAT(done.error().sentence, HasSubstr("still running after its time limit"));
}

TEST_F(an_exec_sink, one_workspaces_program_is_no_trouble_of_the_whole_sink) {
  for (const char* text : {"exit 7", "kill -9 $$", "sleep 60"}) {
    settings.command = {script("take", text)};
    settings.timeout = 500ms;
    const auto done = deliver();
    ASSERT_FALSE(done) << text;
    EXPECT_FALSE(concerns_whole_sink(done.error().kind)) << text;
  }
}

TEST_F(an_exec_sink, a_program_that_is_ended_with_the_daemon_has_not_failed) {
  settings.command = {script("take", "sleep 60")};
  const auto sink = make();
  sink->end_by(time->now() + 300ms);
  const auto done = deliver(*sink, "canary-0123456789");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure_kind::cancelled);
}

TEST_F(an_exec_sink, each_handing_over_has_another_mark) {
  settings.command = {script("take", "cat > /dev/null")};
  const auto sink = make();
  const auto first = deliver(*sink, "t").value().tag;
  const auto second = deliver(*sink, "t").value().tag;
  const auto after_a_reload = deliver(*make(), "t").value().tag;
  EXPECT_NE(first, sync::etag{}) << "that is: nothing is recorded";
  EXPECT_NE(first, second);
  EXPECT_NE(first, after_a_reload);
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
  settings.command = {"/bin/take", "{workspace}", "a-canary-from-a-variable"};
  const std::string destination = make()->destination({"acme", labels});
  EXPECT_THAT(destination, testing::StartsWith("exec:take:"));
  EXPECT_THAT(destination, testing::EndsWith(":acme"));
  EXPECT_THAT(destination, Not(HasSubstr("canary"))) << "places are stored and shown";
  EXPECT_EQ(make()->destination({"acme", labels}), destination);
  EXPECT_NE(make()->destination({"bolt", labels}), destination);
  settings.input = config::exec_input::json;
  EXPECT_NE(make()->destination({"acme", labels}), destination);
  settings.input = config::exec_input::raw;
  settings.command = {"/bin/take", "{workspace} a-canary-from-a-variable"};
  EXPECT_NE(make()->destination({"acme", labels}), destination);
  settings.command = {"/bin/take", "{token}"};
  EXPECT_THROW(make(), std::invalid_argument);
}

TEST_F(an_exec_sink, inspect_says_by_its_exit_code_what_has_drifted) {
  settings.command = {script("take", "cat > /dev/null")};
  settings.inspect = {
      script("look", "echo spoken; test -z \"$(cat)\" || exit 9; exit $(cat $home/verdict)"),
      "{workspace}"};
  const auto sink = make();
  const auto look = [&](const char* verdict) {
    std::ofstream(home / "verdict") << verdict;
    std::vector<sync::inspection> destinations{{{"acme", labels}, {}, 1}};
    run_task(loop, sink->inspect(destinations));
    return destinations[0].seen;
  };
  EXPECT_EQ(look("0"), sync::destination_state::as_recorded);
  EXPECT_EQ(look("2"), sync::destination_state::unknown);
  EXPECT_EQ(look("1"), sync::destination_state::drifted);
  EXPECT_TRUE(heard.empty()) << "it may have shown the token, which isn't known to be masked";
  settings.inspect.clear();
  std::vector<sync::inspection> destinations{{{"acme", labels}, {}, 1}};
  run_task(loop, make()->inspect(destinations));
  EXPECT_EQ(destinations[0].seen, sync::destination_state::as_recorded) << "nobody can be asked";
}

TEST_F(an_exec_sink, inspect_goes_on_after_programs_that_tell_nothing_until_three_in_a_row) {
  settings.command = {script("take", "cat > /dev/null")};
  settings.inspect = {script("look", "echo $1 >> $home/asked; $1"), "{workspace}"};
  const auto look = [&](std::vector<std::string> programs) {
    std::vector<sync::inspection> destinations;
    for (const auto& each : programs) destinations.push_back({{each, labels}, {}, 1});
    run_task(loop, make()->inspect(destinations));
    std::vector<sync::destination_state> seen;
    for (const auto& each : destinations) seen.push_back(each.seen);
    return seen;
  };
  constexpr auto unknown = sync::destination_state::unknown;
  constexpr auto drifted = sync::destination_state::drifted;
  const std::string crashes = script("crash", "kill -9 $PPID");
  EXPECT_THAT(look({crashes, crashes, "false", crashes, "false"}),
              testing::ElementsAre(unknown, unknown, drifted, unknown, drifted));
  EXPECT_THAT(look({crashes, crashes, crashes, "false"}),
              testing::ElementsAre(unknown, unknown, unknown, unknown));
}

TEST_F(an_exec_sink, who_has_inspected_or_delivered_can_still_be_cancelled) {
  settings.command = {script("take", "cat > /dev/null")};
  settings.inspect = {script("look", "exit 0")};
  const auto sink = make();
  const revision what{1, prints.of("t"), rotated};
  const secret value{"t"};
  const sync::delivery_request order{{"acme", labels}, what, value, std::nullopt, std::nullopt};
  std::vector<sync::inspection> destinations{{{"acme", labels}, {}, 1}};
  const auto pause = time->make_sleeper();
  cancellable one;
  const auto body = [&]() -> task<> {
    co_await sink->inspect(destinations);
    (void)co_await sink->deliver(order);
    const auto emit = [&] { one.stop.emit(asio::cancellation_type::terminal); };
    asio::post(loop, emit);
    co_await pause->sleep_until(time->now() + 5s);
  };
  const auto began = time->now();
  one.run(loop, body());
  EXPECT_TRUE(one.how) << "cancelled";
  EXPECT_LT(time->now() - began, 4s);
}

TEST_F(an_exec_sink, finishes_what_it_hands_over_to_one_who_is_cancelled) {
  settings.command = {script("take", "sleep 0.2; cat > $home/got; echo taken")};
  const auto sink = make();
  const revision what{1, prints.of("t0ken"), rotated};
  const secret value{"t0ken"};
  const sync::delivery_request order{{"acme", labels}, what, value, std::nullopt, std::nullopt};
  bool told = false;
  cancellable one;
  const auto body = [&]() -> task<> {
    const auto emit = [&] { one.stop.emit(asio::cancellation_type::terminal); };
    asio::post(loop, emit);
    const auto how = co_await sink->deliver(order);
    told = how.has_value();
  };
  one.run(loop, body());
  EXPECT_TRUE(told);
  EXPECT_EQ(bytes("got"), "t0ken");
}

TEST_F(an_exec_sink, hands_over_again_only_what_is_news) {
  settings.command = {script("take", "cat >> $home/got")};
  sync::recorded there{prints.of("t"), {{7, 8, 0, 0}}, false};
  const revision what{2, prints.of("t"), rotated};
  const secret value{"t"};
  sync::etag tag;
  const auto how = [&] {
    const sync::delivery_request order{{"acme", labels}, what, value, there, std::nullopt};
    const auto sink = make();
    const auto done = run_task(loop, sink->deliver(order)).value();
    tag = done.tag;
    return done.how;
  };
  EXPECT_EQ(how(), sync::write_result::unchanged);
  EXPECT_EQ(tag, there.tag) << "the token was not delivered";
  there.drifted = true;
  EXPECT_EQ(how(), sync::write_result::repaired);
  there.drifted = false;
  settings.input = config::exec_input::json;
  EXPECT_EQ(how(), sync::write_result::written) << "rotated_at may be news";
}

TEST_F(an_exec_sink, hands_over_nothing_more_when_its_time_is_over) {
  settings.command = {script("take", "cat > /dev/null")};
  const auto sink = make();
  sink->end_by(time->now());
  const auto done = deliver(*sink, "canary-0123456789");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, failure_kind::cancelled);
}

}  // namespace
}  // namespace tokensyncd::sinks
