#include "metrics/daemon_metrics.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::metrics {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class the_metrics : public testing::Test {
 protected:
  std::string text() const {
    std::string all;
    exposition out(exposition_format::text, all);
    metrics_.append(out);
    return all;
  }

  daemon_metrics metrics_{"0.1.0", "abc123"};
};

TEST_F(the_metrics, are_there_from_the_start) {
  const std::string all = text();
  for (const description* each : catalog::fixed) {
    if (each->labels.find("sink") != std::string_view::npos) continue;
    EXPECT_THAT(all, HasSubstr("# TYPE " + std::string(each->name) + " "));
  }
  for (const auto result : poll_result_names) {
    EXPECT_THAT(all, HasSubstr("source_polls_total{result=\"" + std::string(result) + "\"} 0\n"));
  }
  EXPECT_THAT(all, HasSubstr("tokensyncd_build_info{"));
}

TEST_F(the_metrics, of_a_check_are_its_result_lag_duration_and_skew) {
  metrics_.checked(poll_result::throttled, 20ms, 300ms, -4s);
  const std::string all = text();
  EXPECT_THAT(all, HasSubstr("source_polls_total{result=\"throttled\"} 1\n"));
  EXPECT_THAT(all, HasSubstr("schedule_lag_seconds_bucket{le=\"0.015\"} 0\n"));
  EXPECT_THAT(all, HasSubstr("schedule_lag_seconds_bucket{le=\"0.05\"} 1\n"));
  EXPECT_THAT(all, HasSubstr("source_request_duration_seconds_sum 0.3\n"));
  EXPECT_THAT(all, HasSubstr("source_clock_skew_seconds -4\n"));
}

TEST_F(the_metrics, of_a_sink_come_and_go_with_it) {
  const std::vector<std::string> both{"files", "vault"};
  metrics_.sinks(both);
  metrics_.delivered("files", write_result::written, 2s);
  metrics_.delivered("vault", write_result::conflict);
  EXPECT_THAT(text(), HasSubstr("propagation_duration_seconds_count{sink=\"files\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("propagation_duration_seconds_count{sink=\"vault\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("sink=\"vault\""));

  const std::vector<std::string> one{"files"};
  metrics_.sinks(one);
  EXPECT_THAT(text(), Not(HasSubstr("sink=\"vault\"")));
  EXPECT_THAT(text(), HasSubstr("propagation_duration_seconds_count{sink=\"files\"} 1\n"))
      << "what stayed keeps its counts";
}

TEST_F(the_metrics, take_no_delivery_to_a_sink_that_has_left) {
  metrics_.delivered("nobody", write_result::written, 1s);
  EXPECT_THAT(text(), Not(HasSubstr("nobody")));
}

TEST_F(the_metrics, of_the_fleet_are_what_was_last_said) {
  const std::vector<std::string> sinks{"files"};
  metrics_.sinks(sinks);
  fleet_numbers now;
  now.workspaces = {5, 4, 3, 2, 1};
  now.sinks = {{"files", 7, 3, 2, 1'763'000'001, 1'763'000'002}, {"gone", 1, 1, 1}};
  now.failing_since = 1'763'000'003;
  now.oldest_success_age_intervals = 1.5;
  now.throttled_until = 1'763'000'000;
  now.rate_limit_per_second = 20;
  now.last_rotation = 1'763'000'005;
  metrics_.fleet(now);
  const std::string all = text();
  EXPECT_THAT(all, HasSubstr("tokensyncd_workspaces{state=\"ok\"} 5\n"));
  EXPECT_THAT(all, HasSubstr("tokensyncd_workspaces{state=\"never\"} 1\n"));
  EXPECT_THAT(all, HasSubstr("sink_out_of_sync_workspaces{sink=\"files\"} 7\n"));
  EXPECT_THAT(all, HasSubstr("hook_pending{sink=\"files\"} 3\n"));
  EXPECT_THAT(all, HasSubstr("hook_consecutive_failures{sink=\"files\"} 2\n"));
  EXPECT_THAT(all, HasSubstr("sink_failing_since_timestamp_seconds{sink=\"files\"} 1763000001\n"));
  EXPECT_THAT(all, HasSubstr("hook_failing_since_timestamp_seconds{sink=\"files\"} 1763000002\n"));
  EXPECT_THAT(all, HasSubstr("source_failing_since_timestamp_seconds 1763000003\n"));
  EXPECT_THAT(all, HasSubstr("oldest_success_age_intervals 1.5\n"));
  EXPECT_THAT(all, HasSubstr("throttled_until_timestamp_seconds 1763000000\n"));
  EXPECT_THAT(all, HasSubstr("rate_limit_per_second 20\n"));
  EXPECT_THAT(all, HasSubstr("last_rotation_timestamp_seconds 1763000005\n"));
}

TEST_F(the_metrics, show_when_a_vault_token_runs_out_and_nothing_without_one) {
  const std::vector<std::string> sinks{"files", "vault"};
  metrics_.sinks(sinks);
  const std::string name = "tokensyncd_vault_token_expiration_timestamp_seconds";
  EXPECT_THAT(text(), HasSubstr("# TYPE " + name + " gauge\n"));
  EXPECT_THAT(text(), Not(HasSubstr("\n" + name)));
  fleet_numbers now;
  now.login_expires = {{"vault", 1'763'000'000}};
  metrics_.fleet(now);
  EXPECT_THAT(text(), HasSubstr(name + "{sink=\"vault\"} 1763000000\n"));
  EXPECT_THAT(text(), Not(HasSubstr(name + "{sink=\"files\"}")));
  metrics_.fleet({});
  EXPECT_THAT(text(), Not(HasSubstr("\n" + name)));
}

TEST_F(the_metrics, show_whether_a_login_is_refused_for_sinks_that_log_in) {
  const std::string name = "tokensyncd_vault_login_refused";
  fleet_numbers now;
  now.login_refused = {{"good", false}, {"bad", true}};
  metrics_.fleet(now);
  EXPECT_THAT(text(), HasSubstr(name + "{sink=\"good\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr(name + "{sink=\"bad\"} 1\n"));
  metrics_.fleet({});
  EXPECT_THAT(text(), Not(HasSubstr("\n" + name)));
}

TEST_F(the_metrics, tell_a_refused_reload_from_a_taken_one) {
  metrics_.reloaded(std::chrono::sys_seconds{1'763'000'000s});
  EXPECT_THAT(text(), HasSubstr("config_last_reload_successful 1\n"));
  EXPECT_THAT(text(), Not(HasSubstr("config_refused{reason=\"removal\"} 1\n")));
  metrics_.reload_refused(refusal_reason::invalid);
  metrics_.reload_refused(refusal_reason::removal);
  EXPECT_THAT(text(), HasSubstr("config_last_reload_successful 0\n"));
  EXPECT_THAT(text(), HasSubstr("config_refused{reason=\"removal\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("config_refused{reason=\"invalid\"} 0\n")) << "the last one's";
  EXPECT_THAT(text(), HasSubstr("reload_success_timestamp_seconds 1763000000\n"));
  metrics_.reloaded(std::chrono::sys_seconds{1'763'000'060s});
  EXPECT_THAT(text(), HasSubstr("config_refused{reason=\"removal\"} 0\n"));
}

TEST_F(the_metrics, count_trouble_with_state_and_audit) {
  metrics_.state_failed();
  metrics_.audit_failed();
  metrics_.audit_failed();
  EXPECT_THAT(text(), HasSubstr("tokensyncd_state_errors_total 1\n"));
  EXPECT_THAT(text(), HasSubstr("tokensyncd_audit_errors_total 2\n"));
}

}  // namespace
}  // namespace tokensyncd::metrics
