#include "daemon/telemetry/scrape.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_fleet.hpp"
#include "tests/support/filter_program.hpp"

namespace tokensyncd::telemetry {
namespace {

using metrics::exposition_format;
using testing::HasSubstr;
using testing::Not;

/// Reads OpenMetrics with the parser of Prometheus' own Python client (Debian's), which is strict.
constexpr const char* read_open_metrics =
    "/usr/bin/python3 -c 'import sys\n"
    "from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n"
    "text = sys.stdin.buffer.read().decode(\"utf-8\", \"strict\")\n"
    "print(sum(len(family.samples) for family in parse(text)))'";

class a_scrape : public testing::Test {
 protected:
  a_scrape() {
    const std::vector<std::string> sinks{"files"};
    metrics_.sinks(sinks);
    metrics_.checked(metrics::poll_result::changed, std::chrono::milliseconds(20),
                     std::chrono::milliseconds(300), std::chrono::seconds(0));
    metrics_.delivered("files", metrics::write_result::written, std::chrono::seconds(1));
  }

  std::string whole(exposition_format format, std::size_t most = 2'000) {
    scrape text(fleet_, metrics_, format, most);
    std::string all;
    std::string piece;
    pieces_ = 0;
    largest_ = 0;
    for (bool more = true; more; ++pieces_) {
      const std::size_t before = fleet_.reads;
      more = text.next(piece);
      most_reads_ = std::max(most_reads_, fleet_.reads - before);
      largest_ = std::max(largest_, piece.size());
      all += piece;
    }
    return all;
  }

  void fill(int workspaces) {
    for (int i = 0; i < workspaces; ++i) {
      auto& each = fleet_.add("workspace-" + std::to_string(i));
      each.last_success = wall_time{std::chrono::seconds{1'763'000'000}};
      if (i % 2 == 0) each.wanted.rotated_at = each.last_success;
    }
  }

  tests::fake_fleet fleet_;
  metrics::daemon_metrics metrics_{"0.1.0", "abc"};
  std::size_t pieces_ = 0;
  std::size_t largest_ = 0;
  std::size_t most_reads_ = 0;
};

TEST_F(a_scrape, shows_each_workspace_in_each_family) {
  auto& acme = fleet_.add("acme");
  acme.wanted.generation = 3;
  acme.wanted.rotated_at = wall_time{std::chrono::milliseconds{1'763'000'000'250}};
  acme.rotations = {2, 0, 1, 0};
  acme.sinks[0].in_sync = false;
  acme.sinks[0].consecutive_failures = 5;
  const std::string text = whole(exposition_format::text);
  for (const char* line :
       {"tokensyncd_token_rotations_total{workspace=\"acme\",trigger=\"poll\"} 2\n",
        "tokensyncd_token_rotations_total{workspace=\"acme\",trigger=\"command\"} 0\n",
        "tokensyncd_token_generation{workspace=\"acme\"} 3\n",
        "tokensyncd_token_rotated_timestamp_seconds{workspace=\"acme\"} 1763000000.25\n",
        "tokensyncd_source_last_attempt_timestamp_seconds{workspace=\"acme\"} 0\n",
        "tokensyncd_source_poll_interval_seconds{workspace=\"acme\"} 60\n",
        "tokensyncd_sink_generation{workspace=\"acme\",sink=\"files\"} 1\n",
        "tokensyncd_sink_in_sync{workspace=\"acme\",sink=\"files\"} 0\n",
        "tokensyncd_sink_consecutive_failures{workspace=\"acme\",sink=\"files\"} 5\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(the_metric_catalog, names_triggers_as_they_are_shown) {
  static_assert(metrics::trigger_names.size() == trigger_count);
  for (std::size_t i = 0; i < trigger_count; ++i) {
    EXPECT_EQ(metrics::trigger_names.at(i), to_string(static_cast<trigger>(i)));
  }
}

TEST_F(a_scrape, has_no_generation_without_history_and_no_time_that_was_never_told) {
  fleet_.add("acme").wanted.generation = 0;
  const std::string text = whole(exposition_format::text);
  EXPECT_THAT(text, Not(HasSubstr("token_generation{")));
  EXPECT_THAT(text, Not(HasSubstr("rotated_timestamp_seconds{")));
  EXPECT_THAT(text, HasSubstr("last_success_timestamp_seconds{workspace=\"acme\"} 0\n"));
}

TEST_F(a_scrape, leaves_single_workspaces_out_where_there_are_too_many) {
  fill(11);
  EXPECT_THAT(whole(exposition_format::text, 10), Not(HasSubstr("workspace=")));
  EXPECT_THAT(whole(exposition_format::text, 11), HasSubstr("workspace="));
  EXPECT_THAT(whole(exposition_format::text, 0), Not(HasSubstr("workspace=")));
  EXPECT_THAT(whole(exposition_format::text, 0), HasSubstr("tokensyncd_workspaces{"));
}

TEST_F(a_scrape, never_shows_a_fingerprint_an_error_or_a_path) {
  auto& acme = fleet_.add("acme");
  acme.last_error = "canary-error at https://host/path";
  acme.sinks[0].last_error = "canary-error in /run/path";
  for (const auto format : {exposition_format::text, exposition_format::open_metrics}) {
    const std::string text = whole(format);
    EXPECT_THAT(text, Not(HasSubstr("abab")));
    EXPECT_THAT(text, Not(HasSubstr("canary")));
    EXPECT_THAT(text, Not(HasSubstr("/run")));
    EXPECT_THAT(text, Not(HasSubstr("https")));
  }
}

TEST_F(a_scrape, of_ten_thousand_comes_in_small_pieces) {
  fill(10'000);
  const std::string text = whole(exposition_format::text, 100'000);
  EXPECT_LE(most_reads_, 257U);
  EXPECT_LE(largest_, 256U * 512U);
  EXPECT_GE(pieces_, 390U);
  EXPECT_EQ(std::ranges::count(text, '\n') > 100'000, true);
}

TEST_F(a_scrape, shows_since_when_the_api_a_sink_and_a_hook_fail) {
  const auto at = [](int second) {
    return wall_time{std::chrono::seconds{1'763'000'000 + second}};
  };
  sync::sink_totals vault{"vault", "vault", 0, ""};
  vault.failing_since = at(1);
  vault.hook_failing_since = at(2);
  fleet_.totals.sinks = {{"files", "file", 0, ""}, vault};
  fleet_.totals.api = {failure_kind::unreachable, "nobody is there", at(3)};
  metrics_.sinks(std::vector<std::string>{"files", "vault"});
  const std::string text = whole(exposition_format::text);
  EXPECT_THAT(text, HasSubstr("sink_failing_since_timestamp_seconds{sink=\"files\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sink_failing_since_timestamp_seconds{sink=\"vault\"} 1763000001\n"));
  EXPECT_THAT(text, HasSubstr("hook_failing_since_timestamp_seconds{sink=\"vault\"} 1763000002\n"));
  EXPECT_THAT(text, HasSubstr("source_failing_since_timestamp_seconds 1763000003\n"));
}

TEST_F(a_scrape, shows_how_many_tokens_are_refused) {
  EXPECT_THAT(whole(exposition_format::text), HasSubstr("tokensyncd_refused_tokens 0\n"));
  fleet_.totals.refused_tokens = 3;
  EXPECT_THAT(whole(exposition_format::text), HasSubstr("tokensyncd_refused_tokens 3\n"));
}

TEST_F(a_scrape, shows_the_rotation_policy) {
  EXPECT_THAT(whole(exposition_format::text), HasSubstr("rotation_policy_stopped 0\n"));
  fleet_.totals.policy = {"acme", wall_time{std::chrono::seconds{1'763'000'000}}, "", ""};
  EXPECT_THAT(whole(exposition_format::text),
              HasSubstr("rotation_policy_next_timestamp_seconds 1763000000\n"));
  fleet_.totals.policy = {"", {}, "", "refused"};
  EXPECT_THAT(whole(exposition_format::text), HasSubstr("rotation_policy_stopped 1\n"));
  EXPECT_THAT(whole(exposition_format::text),
              HasSubstr("rotation_policy_next_timestamp_seconds 0\n"));
}

TEST_F(a_scrape, shows_when_the_login_of_a_sink_runs_out) {
  sync::sink_totals vault{"vault", "vault", 0, ""};
  vault.login_expires = wall_time{std::chrono::seconds{1'763'000'000}};
  vault.login_error = "no longer accepted";
  fleet_.totals.sinks = {{"files", "file", 0, ""}, vault};
  const std::string text = whole(exposition_format::text);
  EXPECT_THAT(text, HasSubstr("tokensyncd_vault_login_refused{sink=\"vault\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("login_refused{sink=\"files\"}")));
  EXPECT_THAT(text, HasSubstr("tokensyncd_vault_token_expiration_timestamp_seconds{sink=\"vault\"} "
                              "1763000000\n"));
  EXPECT_THAT(text, Not(HasSubstr("expiration_timestamp_seconds{sink=\"files\"}")));
  const auto checked = tests::filter_program("promtool check metrics", text);
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

TEST_F(a_scrape, in_text_passes_promtool) {
  fill(300);
  const auto checked =
      tests::filter_program("promtool check metrics", whole(exposition_format::text));
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

TEST_F(a_scrape, in_openmetrics_is_read_by_a_strict_parser) {
  fill(300);
  const auto checked =
      tests::filter_program(read_open_metrics, whole(exposition_format::open_metrics));
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
  EXPECT_GT(std::stoi(checked.output), 300 * 10);
}

TEST_F(a_scrape, with_hostile_ids_is_still_read_by_both) {
  fleet_.add("a\"} 1\nevil_total{x=\"\\");
  fleet_.add("Zürich \\n {}#");
  const auto text = tests::filter_program("promtool check metrics", whole(exposition_format::text));
  EXPECT_EQ(text.exit_code, 0) << text.output;
  const auto open =
      tests::filter_program(read_open_metrics, whole(exposition_format::open_metrics));
  EXPECT_EQ(open.exit_code, 0) << open.output;
}

}  // namespace
}  // namespace tokensyncd::telemetry
