#include "daemon/telemetry/observer.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/telemetry/observer_fixture.hpp"

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST_F(the_observer, tells_of_a_rotation_in_log_and_audit_by_fingerprint) {
  observer_->revised({"acme", trigger::poll, after_, before_});
  EXPECT_THAT(audit_text(),
              HasSubstr(R"("event":"token.rotated","workspace":"acme","generation":2,)"
                        R"("fingerprint":"abababababab","previous_fingerprint":"cdcdcdcdcdcd",)"
                        R"("rotated_at":null,"trigger":"poll","due_at":)"));
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr(R"("level":"info","event":"token.rotated")"));
  EXPECT_THAT(log, HasSubstr(R"("workspace":"acme","generation":2,"fingerprint":"abababababab")"));
}

TEST_F(the_observer, counts_each_time_that_is_none_and_warns_of_the_first) {
  sync::check_event event;
  event.workspace = "acme";
  event.how = sync::poll_result::changed;
  event.rotated_at_unreadable = true;
  observer_->checked(event);
  event.rotated_at_unreadable_is_new = true;
  observer_->checked(event);
  EXPECT_THAT(metrics_text(), HasSubstr("tokensyncd_source_unreadable_times_total 2\n"));
  const auto text = log_text();
  EXPECT_EQ(lines_of(text, R"("level":"warning","event":"token.rotated_at_unreadable")"), 1U);
  EXPECT_THAT(text, HasSubstr("'acme' is not an RFC 3339 time"));
}

TEST_F(the_observer, tells_as_one_thing_that_every_workspace_is_denied) {
  observer_->denied_all(40);
  EXPECT_THAT(log_text(), HasSubstr(R"("level":"error","event":"upstream.denies_all")"));
}

TEST_F(the_observer, tells_as_one_thing_that_every_workspace_is_gone) {
  observer_->gone_all(40);
  EXPECT_THAT(log_text(), HasSubstr(R"("level":"error","event":"upstream.knows_none")"));
}

TEST_F(the_observer, tells_that_a_rotation_is_asked_for_refused_or_lost) {
  const failure why{failure_kind::cut, "the connection broke"};
  observer_->rotating({"acme", sync::rotation_step::asking});
  observer_->rotating({"acme", sync::rotation_step::refused, &why});
  observer_->rotating({"acme", sync::rotation_step::lost, &why});
  EXPECT_EQ(lines_of(audit_text(), R"("event":"token.rotating")"), 3U);
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr(R"("level":"info","event":"token.rotating")"));
  EXPECT_THAT(log, HasSubstr(R"("level":"warning","event":"token.rotation_refused")"));
  EXPECT_THAT(log, HasSubstr(R"("level":"warning","event":"token.rotation_lost")"));
  EXPECT_THAT(log, HasSubstr("may have been rotated; the next check shows it"));
}

TEST_F(the_observer, tells_whether_a_delivered_token_works) {
  const failure why{failure_kind::denied, "the token doesn't work"};
  observer_->verified({"acme", after_, sync::token_state::works});
  observer_->verified({"acme", after_, sync::token_state::unknown, &why});
  observer_->verified({"acme", after_, sync::token_state::refused, &why});
  EXPECT_EQ(lines_of(audit_text(), R"("event":"token.verified")"), 3U);
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr(R"("level":"info","event":"token.verified")"));
  EXPECT_THAT(log, HasSubstr(R"("level":"warning","event":"token.not_verified")"));
  EXPECT_THAT(log, HasSubstr(R"("level":"error","event":"token.not_verified")"));
  EXPECT_THAT(log, HasSubstr(R"("fingerprint":"abababababab","result":"refused")"));
}

TEST_F(the_observer, calls_the_first_sight_of_a_token_no_rotation) {
  observer_->revised({"acme", trigger::startup, before_, revision{}});
  EXPECT_THAT(audit_text(), HasSubstr("token.first_seen"));
  EXPECT_THAT(log_text(), Not(HasSubstr("token.rotated")));
}

TEST_F(the_observer, does_not_audit_a_rotated_at_that_became_known) {
  observer_->revised({.workspace = "acme",
                      .why = trigger::poll,
                      .now = after_,
                      .before = after_,
                      .rotated_at_filled_in = true});
  EXPECT_EQ(audit_text(), "");
}

TEST_F(the_observer, warns_of_a_new_token_with_an_older_time) {
  observer_->revised({.workspace = "acme",
                      .why = trigger::poll,
                      .now = after_,
                      .before = before_,
                      .rotated_at_went_back = true});
  EXPECT_THAT(log_text(), HasSubstr(R"("level":"warning","event":"token.rotated_at_went_back")"));
}

TEST_F(the_observer, counts_audits_and_logs_a_delivery) {
  observer_->delivered(
      {"acme", "files", after_, sync::write_result::repaired, 3ms, std::chrono::seconds(2)});
  EXPECT_THAT(metrics_text(), HasSubstr(R"(sink_writes_total{result="repaired",sink="files"} 1)"));
  EXPECT_THAT(metrics_text(), HasSubstr(R"(duration_seconds_sum{sink="files"} 2)"));
  EXPECT_THAT(audit_text(), HasSubstr(R"("event":"sink.delivered","workspace":"acme",)"
                                      R"("sink":"files","generation":2,)"
                                      R"("fingerprint":"abababababab","result":"repaired",)"
                                      R"("trigger":"poll"})"));
  EXPECT_THAT(log_text(), HasSubstr(R"("duration_ms":3)"));
}

TEST_F(the_observer, only_counts_a_delivery_that_had_nothing_to_do) {
  observer_->delivered({"acme", "files", after_, sync::write_result::unchanged, 1ms, {}});
  EXPECT_THAT(metrics_text(), HasSubstr(R"(sink_writes_total{result="unchanged",sink="files"} 1)"));
  EXPECT_EQ(audit_text(), "");
  EXPECT_EQ(log_text(), "");
}

TEST_F(the_observer, logs_a_failing_check_when_it_is_new_and_not_with_each_retry) {
  const failure error{failure_kind::timed_out, "No answer for 'acme' within 10 s."};
  sync::check_event check{.workspace = "acme", .how = sync::poll_result::error, .error = &error};
  check.error_is_new = true;
  observer_->checked(check);
  check.error_is_new = false;
  for (int i = 0; i < 10; ++i) observer_->checked(check);
  EXPECT_THAT(metrics_text(), HasSubstr(R"(source_polls_total{result="error"} 11)"));
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "source.failed"), 1U);
  EXPECT_THAT(log, HasSubstr(R"("level":"warning")"));
  EXPECT_THAT(log, HasSubstr(R"("reason":"timed_out")"));
}

TEST_F(the_observer, makes_an_error_of_what_only_a_person_can_mend) {
  const failure denied{failure_kind::denied, "The API refuses 'acme' to this partner."};
  observer_->checked({.workspace = "acme",
                      .how = sync::poll_result::denied,
                      .error = &denied,
                      .error_is_new = true});
  const failure destination{failure_kind::missing_place,
                            "The directory /run/x does not exist; create it."};
  observer_->delivery_failed({"acme", "files", after_, destination, 1, 1s});
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr(R"("level":"error","event":"source.failed")"));
  EXPECT_THAT(log, HasSubstr(R"("level":"error","event":"sink.failed")"));
  EXPECT_THAT(log,
              HasSubstr("Sink 'files', workspace 'acme': The directory /run/x does not exist"));
}

TEST_F(the_observer, leaves_the_lines_of_a_throttle_to_the_upstream) {
  const failure slow{failure_kind::throttled, "The API limits the rate."};
  observer_->checked({.workspace = "acme",
                      .how = sync::poll_result::throttled,
                      .error = &slow,
                      .whose = sync::blame::undecided,
                      .error_is_new = true});
  observer_->upstream_changed({sync::upstream_state::throttled, time_.wall() + 1min, 10, &slow});
  observer_->upstream_changed({sync::upstream_state::normal, {}, 20, nullptr});
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "\n"), 2U) << log;
  EXPECT_THAT(log, HasSubstr(R"("event":"upstream.throttled")"));
  EXPECT_THAT(log, HasSubstr(R"("event":"upstream.recovered")"));
}

TEST_F(the_observer, tells_of_a_workspace_that_is_throttled_alone) {
  const failure slow{failure_kind::throttled, "The API limits the rate."};
  observer_->checked({.workspace = "acme",
                      .how = sync::poll_result::throttled,
                      .error = &slow,
                      .whose = sync::blame::workspace,
                      .error_is_new = true});
  EXPECT_THAT(log_text(), HasSubstr("Workspace 'acme': The API limits the rate."));
}

TEST_F(the_observer, calls_a_partner_secret_that_is_refused_an_error) {
  const failure refused{failure_kind::bad_signature, "The API does not accept the Partner Secret."};
  observer_->upstream_changed({sync::upstream_state::down, time_.wall() + 1s, 20, &refused});
  EXPECT_THAT(log_text(), HasSubstr(R"("level":"error","event":"upstream.down")"));
}

TEST_F(the_observer, counts_conflicts_apart_and_logs_the_first_of_a_row) {
  const failure conflict{failure_kind::conflict, "Something else wrote /x."};
  for (std::uint32_t row = 1; row <= 3; ++row) {
    observer_->delivery_failed({"acme", "files", after_, conflict, row, 1s});
  }
  EXPECT_THAT(metrics_text(), HasSubstr(R"(sink_writes_total{result="conflict",sink="files"} 3)"));
  EXPECT_EQ(lines_of(log_text(), "sink.failed"), 1U);
}

TEST_F(the_observer, counts_each_end_of_a_delivery_as_what_it_was) {
  observer_->delivered({"acme", "files", after_, sync::write_result::written, 1ms, {}});
  for (int i = 0; i < 2; ++i) {
    observer_->delivered({"acme", "files", after_, sync::write_result::unchanged, 1ms, {}});
  }
  for (int i = 0; i < 3; ++i) {
    observer_->delivered({"acme", "files", after_, sync::write_result::repaired, 1ms, {}});
  }
  const failure refused{failure_kind::bad_login, "Vault doesn't take our login."};
  for (int i = 0; i < 4; ++i) observer_->delivery_failed({"acme", "files", after_, refused, 1, 1s});
  const std::string metrics = metrics_text();
  for (const char* line :
       {R"({result="written",sink="files"} 1)", R"({result="unchanged",sink="files"} 2)",
        R"({result="repaired",sink="files"} 3)", R"({result="conflict",sink="files"} 0)",
        R"({result="error",sink="files"} 4)"}) {
    EXPECT_THAT(metrics, HasSubstr(std::string("sink_writes_total") + line));
  }
  EXPECT_THAT(log_text(), HasSubstr(R"("reason":"bad_login")"));
}

TEST_F(the_observer, bounds_the_lines_of_many_failing_at_once_and_says_how_many_it_left_out) {
  const failure full{failure_kind::no_space, "The disk is full."};
  for (int i = 0; i < 10'000; ++i) {
    observer_->delivery_failed({"w" + std::to_string(i), "files", after_, full, 1, 1s});
  }
  time_.advance(1s);
  observer_->drifted("acme", "files");
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "\"event\":\"sink.failed\""), 1000U);
  EXPECT_THAT(log, HasSubstr(R"("of":"sink.failed","lines":9000})"));
  EXPECT_THAT(log, HasSubstr("sink.drifted"));
}

TEST_F(the_observer, counts_each_trouble_with_the_state_but_logs_one_a_minute) {
  const failure full{failure_kind::no_space, "The state /x/state.db can't be written."};
  for (int i = 0; i < 50; ++i) observer_->state_failed(full);
  time_.advance(61s);
  observer_->state_failed(full);
  EXPECT_THAT(metrics_text(), HasSubstr("tokensyncd_state_errors_total 51\n"));
  EXPECT_EQ(lines_of(log_text(), "state.failed"), 2U);
}

TEST_F(the_observer, logs_each_trouble_with_the_state_that_begins_and_each_that_ends) {
  const failure full{failure_kind::no_space, "The state /x/state.db can't be written."};
  for (int i = 0; i < 4; ++i) {
    observer_->state_failed(full);
    observer_->state_failed(full);
    observer_->state_recovered();
    time_.advance(7s);
  }
  observer_->state_recovered();
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "state.failed"), 4U);
  EXPECT_EQ(lines_of(log, "state.recovered"), 4U);
}

TEST_F(the_observer, logs_no_flood_of_troubles_with_the_state_and_never_an_end_alone) {
  const failure full{failure_kind::no_space, "The state /x/state.db can't be written."};
  for (int i = 0; i < 1'000; ++i) {
    observer_->state_failed(full);
    observer_->state_recovered();
  }
  observer_->state_failed(full);
  time_.advance(61s);
  observer_->state_failed(full);  // the same trouble, which is logged in the end
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "state.failed"), 11U);
  EXPECT_EQ(lines_of(log, "state.recovered"), 10U);
}

TEST_F(the_observer, audits_who_left_and_what_became_of_the_file) {
  const failure stuck{failure_kind::no_permission, "/x can't be deleted."};
  observer_->retired({"acme", "files", 4, false, nullptr});
  observer_->retired({"acme", "files", 4, false, &stuck});
  const std::string audit = audit_text();
  EXPECT_EQ(lines_of(audit, "workspace.retired"), 2U);
  EXPECT_THAT(audit,
              HasSubstr(R"("generation":4,"withdrawn":false,"error":"/x can't be deleted."})"));
  EXPECT_THAT(log_text(), HasSubstr("sink.withdraw_failed"));
  EXPECT_THAT(log_text(), HasSubstr("Sink 'files', workspace 'acme': /x can't be deleted."));
}

TEST_F(the_observer, counts_audits_and_logs_the_runs_of_a_hook) {
  observer_->hook_ran({"files", 5ms, 3});
  const failure late{failure_kind::timed_out, "it took too long", "no such unit"};
  observer_->hook_ran({"files", 5ms, 3, &late, true, 1, 1s});
  observer_->hook_ran({"files", 5ms, 3, &late, false, 2, 2s});
  const failure stopped{failure_kind::cancelled, "tokensyncd stops"};
  observer_->hook_ran({"files", 5ms, 3, &stopped, true, 3, 2s});
  const std::string metrics = metrics_text();
  EXPECT_THAT(metrics, HasSubstr(R"(hook_runs_total{result="ok",sink="files"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(hook_runs_total{result="timeout",sink="files"} 2)"));
  EXPECT_THAT(metrics, HasSubstr(R"(hook_runs_total{result="failed",sink="files"} 0)"));
  const std::string audit = audit_text();
  EXPECT_THAT(audit, HasSubstr(R"("event":"hook.done","sink":"files","changes":3})"));
  EXPECT_EQ(lines_of(audit, "hook.failed"), 1U) << "a row of failures is one fact";
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "it took too long; its last line: no such unit"), 1U)
      << "not with each retry";
  EXPECT_THAT(log, HasSubstr(R"("event":"hook.stopped")"));
}

TEST_F(the_observer, tells_of_reloads) {
  const refused_reload bad{metrics::refusal_reason::restart,
                           {failure_kind::invalid, "/etc/x.yaml:3:1: unknown key."}};
  observer_->reloaded(nullptr);
  EXPECT_THAT(metrics_text(), HasSubstr("config_last_reload_successful 1\n"));
  observer_->reloaded(&bad);
  EXPECT_THAT(metrics_text(), HasSubstr("config_last_reload_successful 0\n"));
  const std::string audit = audit_text();
  EXPECT_THAT(audit, HasSubstr("config.reloaded"));
  EXPECT_THAT(audit, HasSubstr(R"("event":"config.rejected","error":"/etc/x.yaml:3:1)"));
  EXPECT_THAT(metrics_text(), HasSubstr("config_refused{reason=\"restart\"} 1\n"));
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr(R"("level":"error","event":"config.rejected")"));
  EXPECT_THAT(log, HasSubstr(R"("reason":"restart")"));
}

TEST_F(the_observer, keeps_hostile_ids_inside_their_fields) {
  const std::string id = "a\"},\n{\"level\":\"error\x1b[31m\xff";
  observer_->revised({id, trigger::poll, after_, before_});
  EXPECT_EQ(lines_of(audit_text(), "\n"), 1U);
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "\n"), 1U);
  EXPECT_EQ(log.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tokensyncd::telemetry
