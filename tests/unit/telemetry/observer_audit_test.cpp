// What goes to the audit log, and what is told of workspaces while the API fails.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/telemetry/observer_fixture.hpp"

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(the_observer, audits_the_first_of_failed_deliveries_and_what_ended_them) {
  const failure full{failure_kind::no_space, "the disk is full"};
  sync::delivery_failure_event failed{"acme", "files", after_, full};
  observer_->delivery_failed(failed);
  failed.consecutive = 2;
  observer_->delivery_failed(failed);
  sync::delivery_event there{"acme", "files", after_};
  there.how = sync::write_result::unchanged;
  observer_->delivered(there);
  there.failed_for = 5min;
  observer_->delivered(there);
  const std::string audit = audit_text();
  EXPECT_EQ(lines_of(audit, R"("event":"sink.failed")"), 1U);
  EXPECT_THAT(audit, HasSubstr(R"("event":"sink.failed","workspace":"acme","sink":"files",)"
                               R"("generation":2,"fingerprint":"abababababab",)"
                               R"("reason":"no_space","error":"the disk is full"})"));
  EXPECT_EQ(lines_of(audit, R"("event":"sink.delivered")"), 1U);
  EXPECT_THAT(audit, HasSubstr(R"("result":"unchanged")"));
}

TEST_F(the_observer, tells_of_no_workspace_while_the_api_fails_but_of_what_is_its_own) {
  const failure down{failure_kind::server_error, "HTTP 503"};
  observer_->upstream_changed({sync::upstream_state::down, {}, 0, &down});
  sync::check_event probe;
  probe.how = sync::poll_result::error;
  probe.error = &down;
  probe.error_is_new = true;
  probe.whose = sync::blame::upstream;
  for (const auto* id : {"acme", "beta", "corp"}) {
    probe.workspace = id;
    observer_->checked(probe);
  }
  const failure denied{failure_kind::denied, "the API denies dora"};
  probe.workspace = "dora";
  probe.how = sync::poll_result::denied;
  probe.error = &denied;
  probe.whose = sync::blame::workspace;
  observer_->checked(probe);
  const std::string log = log_text();
  EXPECT_EQ(lines_of(log, "upstream.down"), 1U);
  EXPECT_EQ(lines_of(log, R"("level":"warning","event":"source.failed")"), 0U);
  EXPECT_EQ(lines_of(log, R"("level":"error","event":"source.failed")"), 1U);
  EXPECT_THAT(log, HasSubstr("denies dora"));
}

TEST_F(the_observer, tells_of_what_the_rotation_policy_does) {
  observer_->rotating({"acme", sync::rotation_step::asking, nullptr, true});
  observer_->policy_changed({sync::policy_step::postponed, "beta", "its sink is full"});
  observer_->policy_changed({sync::policy_step::stopped, "acme", "the answer was lost"});
  const std::string audit = audit_text();
  EXPECT_THAT(audit, HasSubstr(R"("step":"asking","asked_by":"policy"})"));
  EXPECT_THAT(audit, HasSubstr(R"("event":"rotation.postponed","workspace":"beta")"));
  EXPECT_THAT(audit, HasSubstr(R"("event":"rotation.stopped","workspace":"acme",)"
                               R"("error":"the answer was lost"})"));
  const std::string log = log_text();
  EXPECT_THAT(log, HasSubstr("The rotation policy asks the API to replace the token of 'acme'."));
  EXPECT_THAT(log, HasSubstr(R"("level":"error","event":"rotation.stopped")"));
  EXPECT_THAT(log, HasSubstr("then run `tokensyncd reload`: the answer was lost"));
}

TEST_F(the_observer, audits_that_the_api_refuses_a_workspace_once) {
  const failure denied{failure_kind::denied, "the API denies acme"};
  sync::check_event event;
  event.workspace = "acme";
  event.how = sync::poll_result::denied;
  event.error = &denied;
  event.error_is_new = true;
  observer_->checked(event);
  event.error_is_new = false;
  observer_->checked(event);
  const std::string audit = audit_text();
  EXPECT_EQ(lines_of(audit, "source.refused"), 1U);
  EXPECT_THAT(audit, HasSubstr(R"("workspace":"acme","reason":"denied",)"
                               R"("error":"the API denies acme","trigger":"poll"})"));
}

}  // namespace
}  // namespace tokensyncd::telemetry
