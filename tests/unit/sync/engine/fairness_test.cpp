// Some workspaces fail, the others don't notice: every kind of failure, for one to nine tenths of
// them, at every rate, from every beginning.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/sync/world/fleet_simulation.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using beginning = fleet_simulation::beginning;
using support::simulated_fault;

constexpr auto lived = 4min;

const simulated_fault hanging{failure_kind::timed_out, {}, true};

class engine_fairness : public testing::TestWithParam<named_fault> {};

/// What the fleet gets when nobody fails.
struct undisturbed {
  milliseconds delivered{};
  milliseconds unanswered{};
  std::size_t calls = 0;  ///< for the workspace with most of them
};

undisturbed without_failures(beginning how, double rate) {
  static std::map<std::pair<beginning, double>, undisturbed> known;
  const auto [found, is_new] = known.try_emplace({how, rate});
  if (!is_new) return found->second;
  fleet_simulation run{rate};
  run.begin(how, 0, {});
  run.time.run_for(lived);
  found->second = {run.delivered_after(0), run.longest_unanswered(0), 0};
  for (int i = 0; i < fleet_simulation::size; ++i)
    found->second.calls = std::max(found->second.calls, run.calls_for(i));
  return found->second;
}

/// A call that hangs isn't known to before it has taken long; until then it has a connection.
milliseconds time_to_notice(const simulated_fault& fault, beginning how, int bad) {
  if (!fault.hangs) return 0ms;
  const milliseconds patience = how == beginning::rotation ? 250ms : 1s;
  return patience + bad * patience / 3;  // on three of the four connections
}

void expect_others_dont_notice(const named_fault& what, beginning how, int bad, double rate) {
  const undisturbed usual = without_failures(how, rate);
  fleet_simulation run{rate};
  run.begin(how, bad, what.fault);
  run.time.run_for(lived);

  const milliseconds noticed = time_to_notice(what.fault, how, bad);
  EXPECT_LE(run.delivered_after(bad), usual.delivered * 3 / 2 + noticed);
  EXPECT_LE(run.longest_unanswered(bad), usual.unanswered * 3 / 2 + noticed);
  // One may be asked early to see whose trouble it is, and a failure is tried again once before its
  // next time; after an event for as long as one may come too early.
  const std::size_t repeated = how == beginning::rotation ? 8 : 2;
  for (int i = 0; i < bad; ++i) EXPECT_LE(run.calls_for(i), usual.calls + repeated) << i;
  EXPECT_EQ(run.seen.count("upstream"), 0U) << "it isn't the API's trouble";
}

TEST_P(engine_fairness, leaves_the_others_as_they_would_be_without_it) {
  from_everywhere([](beginning how, double rate) {
    for (const int bad : {1, 6, fleet_simulation::size / 2, fleet_simulation::size * 9 / 10}) {
      SCOPED_TRACE(testing::Message() << bad << " fail");
      expect_others_dont_notice(GetParam(), how, bad, rate);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(
    each_failure, engine_fairness,
    testing::Values(named_fault{"unlisted_401", {failure_kind::bad_signature}},
                    named_fault{"partner_401", {failure_kind::partner_refused}},
                    named_fault{"json_403", {failure_kind::denied}},
                    named_fault{"html_403", {failure_kind::edge_refused}},
                    named_fault{"not_found", {failure_kind::gone}},
                    named_fault{"throttled", {failure_kind::throttled}},
                    named_fault{"throttled_for_10_min", {failure_kind::throttled, 600s}},
                    named_fault{"server_error", {failure_kind::server_error}},
                    named_fault{"cut", {failure_kind::cut}}, named_fault{"hangs", hanging},
                    named_fault{"malformed", {failure_kind::malformed}}),
    [](const auto& each) { return each.param.name; });

TEST(engine_fairness_of_many, is_the_same_where_hundreds_that_fail_come_first) {
  fleet_simulation run{20};
  for (int i = 0; i < 360; ++i) {
    const std::string id = "a" + std::to_string(1000 + i);  // before the others in every order
    run.add(id, {0}, fleet_simulation::interval);
    run.remote->fail(id, {failure_kind::bad_signature});
  }
  run.begin(beginning::fresh, 0, {});
  run.time.run_for(1min);
  EXPECT_LT(run.delivered_after(0), 30s) << "400 calls at 20 a second take 20 s";
  EXPECT_EQ(run.seen.count("upstream"), 0U);
}

TEST(engine_fairness_of_one_connection, is_not_held_by_those_that_hang) {
  fleet_simulation run{20};
  run.workers = 1;
  run.begin(beginning::fresh, 8, hanging);
  run.time.run_for(30s);
  EXPECT_LT(run.delivered_after(8), 15s);
}

TEST(engine_fairness_of_one_connection, is_held_for_as_long_as_answers_have_made_usual) {
  fleet_simulation run{0};
  run.workers = 1;
  run.begin(beginning::rotation, 1, hanging);
  run.time.run_for(2s);
  const auto& calls = run.remote->log;
  const std::string bad = run.id_of(0);
  const auto hung = std::ranges::find(calls, bad, &support::simulated_api::call::workspace);
  ASSERT_LT(hung - calls.begin() + 1, std::ssize(calls));
  // Answers took 50 ms; had nobody learned that, a call would be given up after 1 s.
  EXPECT_LT(std::next(hung)->asked - hung->asked, 500ms);
}

TEST(engine_fairness_of_a_slow_api, takes_what_is_slow_for_everybody_for_its_usual_pace) {
  fleet_simulation run{20};
  run.remote->latency = 3s;
  run.begin(beginning::fresh, 0, {});
  run.time.run_for(5min);
  // 40 answers of 3 s by 4 connections take 30 s; until the first one it looks like hanging.
  EXPECT_LT(run.delivered_after(0), 45s);
  EXPECT_EQ(run.seen.count("upstream"), 0U);
}

TEST(engine_fairness_of_throttles, leaves_the_throttled_one_alone_for_as_long_as_it_was_told) {
  fleet_simulation run{20};
  run.begin(beginning::fresh, 1, {failure_kind::throttled, 600s});
  run.time.run_for(1s);
  for (int minute = 0; minute < 9; ++minute) {
    run.daemon->sync({});
    run.time.run_for(1min);
  }
  EXPECT_EQ(run.calls_for(0), 1U);
  run.time.run_for(2min);
  EXPECT_GE(run.calls_for(0), 2U);
}

TEST(engine_fairness_of_throttles, that_hit_now_this_one_and_now_that_one_halve_the_rate) {
  fleet_simulation run{20};
  run.begin(beginning::reboot, 0, {});
  run.time.run_for(2min);
  for (int i = 0; i < 3; ++i) {
    run.remote->fail(run.id_of(i), {failure_kind::throttled});
    run.daemon->sync(run.id_of(i));
    run.time.run_for(500ms);
    EXPECT_EQ(run.seen.count("upstream throttled"), 0U) << "one alone is its own trouble";
    run.remote->heal();
    run.daemon->sync(run.id_of(fleet_simulation::size - 1));
    run.time.run_for(3s);
  }
  EXPECT_EQ(run.seen.count("upstream throttled"), 1U);
  EXPECT_LT(run.daemon->fleet().rate_limit_per_second, 11);
}

}  // namespace
}  // namespace tokensyncd::sync
