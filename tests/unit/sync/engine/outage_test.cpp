// All workspaces fail in the same way: the API is left alone but for a probe, and everything that
// is overdue goes out when it answers again.
#include <algorithm>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/sync/dispatch/upstream.hpp"
#include "tests/unit/sync/world/fleet_simulation.hpp"

namespace tokensyncd::sync {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using beginning = fleet_simulation::beginning;

struct named_outage : named_fault {
  /// Of any eight minutes, once it is known: calls at most.
  std::size_t probes = 20;
  bool throttle = false;  ///< it ends by its time alone
};

class engine_outage : public testing::TestWithParam<named_outage> {
 protected:
  static milliseconds in_budget(double rate) {
    // With no limit what counts is how fast four connections are.
    return rate == 0 ? 1s : milliseconds{static_cast<int>(1000 * fleet_simulation::size / rate)};
  }

  template <class Check>
  void in_each_run(Check check) {
    from_everywhere([&](beginning how, double rate) {
      fleet_simulation run{rate};
      run.begin(how, fleet_simulation::size, GetParam().fault);
      check(run, rate);
    });
  }

  static steady_time last_call(const fleet_simulation& run) { return run.remote->log.back().asked; }

  /// When the API first answered.
  static steady_time first_answer(const fleet_simulation& run) {
    const auto found =
        std::ranges::find(run.remote->log, true, &support::simulated_api::call::succeeded);
    return found == run.remote->log.end() ? steady_time::max() : found->answered;
  }
};

TEST_P(engine_outage, is_noticed_by_asking_each_once_and_then_probed_by_one_with_growing_pauses) {
  in_each_run([](fleet_simulation& run, double) {
    run.time.run_for(2min);
    EXPECT_GE(run.seen.count("upstream"), 1U);
    EXPECT_LE(run.remote->log.size(), 2U * fleet_simulation::size + 10)
        << "each once, and one quick retry";
    const auto known = run.time.now();
    run.time.run_for(8min);
    EXPECT_LE(run.calls_between(known, run.time.now()), GetParam().probes);
  });
}

TEST_P(engine_outage, is_never_said_to_be_the_failure_of_a_workspace) {
  in_each_run([](fleet_simulation& run, double) {
    run.time.run_for(5min);
    run.remote->heal();
    run.time.run_for(5min);
    EXPECT_EQ(run.seen.own_failures, 0U);
  });
}

TEST_P(engine_outage, ends_with_the_first_answer_and_what_is_overdue_follows_within_the_budget) {
  in_each_run([](fleet_simulation& run, double rate) {
    run.time.run_for(10min);
    run.remote->heal();
    while (first_answer(run) == steady_time::max()) run.time.run_for(1s);
    const auto answered = first_answer(run);
    EXPECT_LE(answered - last_call(run), 61s);
    run.time.run_for(30s);
    EXPECT_LE(run.began + run.delivered_after(0) - answered, 5s + in_budget(rate));
    if (rate == 0) return;
    for (auto from = answered; from < run.time.now(); from += 1s) {
      EXPECT_LE(run.calls_between(from, from + 1s), rate + 10) << "no herd";
    }
  });
}

TEST_P(engine_outage, ends_within_5_s_of_an_event_unless_it_is_a_throttle) {
  in_each_run([](fleet_simulation& run, double rate) {
    run.time.run_for(10min);
    run.remote->heal();
    const auto asked = run.remote->log.size();
    const auto told = run.time.now();
    ASSERT_TRUE(run.daemon->event(run.id_of(fleet_simulation::size - 1), false));
    run.time.run_for(1ms);
    if (GetParam().throttle) {
      EXPECT_EQ(run.remote->log.size(), asked);
      return;
    }
    run.time.run_for(5s + in_budget(rate));
    EXPECT_LE(run.began + run.delivered_after(0) - told, 5s + in_budget(rate));
  });
}

INSTANTIATE_TEST_SUITE_P(
    each_failure, engine_outage,
    testing::Values(named_outage{{"unreachable", {failure_kind::unreachable}}},
                    named_outage{{"unlisted_401", {failure_kind::bad_signature}}},
                    named_outage{{"partner_401", {failure_kind::partner_refused}}},
                    named_outage{{"html_403", {failure_kind::edge_refused}}, 9, true},
                    named_outage{{"throttled", {failure_kind::throttled}}, 9, true},
                    named_outage{
                        {"throttled_for_10_min", {failure_kind::throttled, 600s}}, 0, true},
                    named_outage{{"server_error", {failure_kind::server_error}}},
                    named_outage{{"cut", {failure_kind::cut}}},
                    named_outage{{"hangs", {failure_kind::timed_out, {}, true}}},
                    named_outage{{"malformed", {failure_kind::malformed}}}),
    [](const auto& each) { return each.param.name; });

TEST(engine_outage_of_many, costs_no_more_calls_than_show_that_it_is_one) {
  fleet_simulation run{20};
  for (int i = 0; i < 400; ++i) {
    run.add("x" + std::to_string(1000 + i), {0}, fleet_simulation::interval);
    run.remote->fail("x" + std::to_string(1000 + i), {failure_kind::throttled});
  }
  run.begin(beginning::fresh, fleet_simulation::size, {failure_kind::throttled});
  run.time.run_for(10s);
  EXPECT_LE(run.remote->log.size(), upstream::sample + 10);
}

TEST(engine_outage_of_two_kinds, does_not_hang_on_a_probe_that_hangs_when_there_is_an_event) {
  fleet_simulation run{20};
  run.begin(beginning::reboot, fleet_simulation::size, {failure_kind::timed_out, {}, true});
  run.time.run_for(5min);
  const auto probes = run.remote->log.size();
  while (run.remote->log.size() == probes) run.time.run_for(100ms);
  run.remote->heal();
  const auto told = run.time.now();
  ASSERT_TRUE(run.daemon->event(run.id_of(0), false));
  run.time.run_for(7s);
  EXPECT_LE(run.began + run.delivered_after(0) - told, 7s);
}

}  // namespace
}  // namespace tokensyncd::sync
