#include "daemon/endpoints/control.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/endpoints/endpoint_fixture.hpp"

namespace tokensyncd::endpoints {
namespace {

using testing::HasSubstr;

/// An application that does as it is told and remembers it.
class fake_actions final : public control_actions {
 public:
  task<result<std::string>> reload() override {
    ++reloads;
    co_return reload_result;
  }
  sync_outcome sync(std::string_view workspace) override {
    synced.emplace_back(workspace);
    return {due, waits};
  }
  task<result<std::string>> plan(std::vector<std::string> workspaces) override {
    planned = std::move(workspaces);
    co_return plan_result;
  }

  task<std::optional<rotation_outcome>> rotate(std::string workspace, rotation_query how) override {
    rotated.push_back(std::move(workspace));
    rotated_how = how;
    co_return outcome;
  }
  task<std::optional<result<void>>> event(std::string workspace) override {
    events.push_back(std::move(workspace));
    co_return event_result;
  }
  task<std::optional<std::string>> outlook(std::string workspace) override {
    outlooks.push_back(std::move(workspace));
    co_return outlook_result;
  }
  task<result<std::string>> verify(std::vector<std::string> workspaces) override {
    verified = std::move(workspaces);
    co_return verify_result;
  }

  std::vector<std::string> events;
  std::optional<result<void>> event_result{result<void>{}};
  std::vector<std::string> outlooks;
  std::optional<std::string> outlook_result;
  std::vector<std::string> rotated;
  rotation_query rotated_how;
  std::optional<rotation_outcome> outcome{{"rotated", R"({"outcome":"rotated"})"}};
  std::vector<std::string> verified;
  result<std::string> verify_result{std::string(R"({"verify":[{"workspace":"acme"}]})")};
  int reloads = 0;
  std::size_t due = 3;
  std::string waits;
  std::vector<std::string> synced;
  std::vector<std::string> planned;
  result<std::string> reload_result;
  result<std::string> plan_result{std::string(R"({"plan":[{"workspace":"acme"}]})")};
};

class the_control_socket : public testing::Test, protected endpoint_world {
 protected:
  http::reply post(std::string_view path, std::string_view query = {}) {
    http::server_request request;
    request.method = "POST";
    request.path = path;
    request.query = query;
    // Above any pid (proc_sys_kernel(5), pid_max), so that it has no login.
    request.from = http::peer{4'194'305, 1000, 100};
    return ask(control_, request);
  }
  std::string audited() {
    audit_.reset();
    std::ifstream file(home_ / "audit.jsonl");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  tests::temporary_directory home_;
  tests::captured_log log_;
  std::optional<telemetry::audit> audit_{std::in_place, home_ / "audit.jsonl", time, log_.get(),
                                         metrics};
  fake_actions actions_;
  control control_{shown, actions_, *audit_};
};

TEST_F(the_control_socket, shows_what_tcp_shows_whatever_the_host) {
  fleet.add("acme");
  http::reply status = ask(control_, "GET", "/status", "tokensyncd");
  EXPECT_EQ(status.status, 200U);
  EXPECT_THAT(body_of(status), HasSubstr("\"acme\""));
  EXPECT_EQ(ask(control_, "GET", "/livez").status, 200U);
}

TEST_F(the_control_socket, reloads_and_audits_who_asked) {
  actions_.reload_result = "workspaces: 1 added";
  http::reply answer = post("/-/reload");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(body_of(answer), R"({"reloaded":true,"changes":"workspaces: 1 added"})"
                             "\n");
  EXPECT_EQ(actions_.reloads, 1);
  EXPECT_THAT(audited(),
              HasSubstr(R"("command":"reload","workspace":null,"pid":4194305,"uid":1000,)"
                        R"("gid":100,"outcome":"done")"));
}

TEST_F(the_control_socket, takes_an_event_and_audits_who_sent_it) {
  const http::reply answer = post("/-/event/a%2Fb");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_THAT(actions_.events, testing::ElementsAre("a/b"));
  EXPECT_THAT(audited(), HasSubstr(R"("command":"event","workspace":"a/b",)"));
}

TEST_F(the_control_socket, says_why_an_event_was_not_taken) {
  actions_.event_result = result<void>{failure{failure_kind::invalid, "there is no webhook"}};
  EXPECT_EQ(post("/-/event/acme").status, 409U);
  actions_.event_result.reset();
  EXPECT_EQ(post("/-/event/acme").status, 404U);
  EXPECT_THAT(audited(), HasSubstr(R"("outcome":"invalid")"));
}

TEST_F(the_control_socket, says_why_a_reload_was_refused) {
  actions_.reload_result = failure{failure_kind::invalid, "/etc/x.yaml:3:1: unknown key 'a\"b'."};
  const http::reply answer = post("/-/reload");
  EXPECT_EQ(answer.status, 422U);
  EXPECT_EQ(answer.body, R"({"error":"/etc/x.yaml:3:1: unknown key 'a\"b'."})"
                         "\n");
  EXPECT_THAT(audited(), HasSubstr(R"("outcome":"invalid")"));
}

TEST_F(the_control_socket, syncs_all_or_one) {
  EXPECT_EQ(post("/-/sync").body, "{\"due\":3,\"waits\":null}\n");
  EXPECT_EQ(post("/-/sync/a%2Fb").status, 200U);
  EXPECT_EQ(actions_.synced, (std::vector<std::string>{"", "a/b"}));
  EXPECT_THAT(audited(), HasSubstr(R"("command":"sync","workspace":"a/b")"));
}

TEST_F(the_control_socket, syncs_nobody_where_there_is_no_such_workspace) {
  actions_.due = 0;
  EXPECT_EQ(post("/-/sync/unknown").status, 404U);
  EXPECT_EQ(post("/-/sync").body, "{\"due\":0,\"waits\":null}\n")
      << "nobody is configured: no error";
  EXPECT_EQ(post("/-/sync/").status, 404U);
  EXPECT_EQ(post("/-/sync/%zz").status, 404U);
  EXPECT_EQ(actions_.synced.size(), 2U);
  EXPECT_THAT(audited(), HasSubstr(R"("outcome":"unknown_workspace")"));
}

TEST_F(the_control_socket, names_the_workspace_that_it_does_not_know) {
  actions_.due = 0;
  EXPECT_THAT(post("/-/sync/un%0Aknown").body, HasSubstr(R"(no workspace un\\nknown;)"));
}

TEST_F(the_control_socket, plans_for_all_or_for_some) {
  EXPECT_EQ(post("/-/plan").body, "{\"plan\":[{\"workspace\":\"acme\"}]}\n");
  EXPECT_TRUE(actions_.planned.empty());
  EXPECT_EQ(post("/-/plan", "workspace=a&workspace=b%20c").status, 200U);
  EXPECT_EQ(actions_.planned, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(post("/-/plan", "who=a").status, 400U);
}

TEST_F(the_control_socket, says_why_there_is_no_plan) {
  actions_.plan_result = failure{failure_kind::throttled, "The API limits the rate; try later."};
  const http::reply answer = post("/-/plan");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_THAT(answer.body, HasSubstr("try later"));
}

TEST_F(the_control_socket, acts_on_post_alone_and_for_somebody_who_is_known) {
  for (const char* path : {"/-/reload", "/-/sync", "/-/sync/acme", "/-/plan", "/-/rotate/acme",
                           "/-/outlook/acme", "/-/verify"}) {
    const http::reply answer = ask(control_, "GET", path);
    EXPECT_EQ(answer.status, 405U) << path;
    EXPECT_EQ(header_of(answer, "Allow"), "POST");
    EXPECT_EQ(ask(control_, "POST", path).status, 403U) << "no SO_PEERCRED";
  }
  EXPECT_EQ(actions_.reloads, 0);
  EXPECT_TRUE(actions_.synced.empty());
  EXPECT_TRUE(actions_.rotated.empty());
}

TEST_F(the_control_socket, rotates_one_as_the_query_says_and_audits_who_asked_and_what_came_of_it) {
  const http::reply answer = post("/-/rotate/a%2Fb", "timeout_ms=1500&older_than_ms=60000");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "{\"outcome\":\"rotated\"}\n");
  EXPECT_EQ(actions_.rotated, (std::vector<std::string>{"a/b"}));
  EXPECT_EQ(actions_.rotated_how.timeout, std::chrono::milliseconds{1500});
  EXPECT_EQ(actions_.rotated_how.older_than, std::chrono::minutes{1});
  EXPECT_THAT(audited(),
              HasSubstr(R"("command":"rotate","workspace":"a/b","pid":4194305,"uid":1000,)"
                        R"("gid":100,"outcome":"rotated")"));
}

TEST_F(the_control_socket, rotates_nobody_where_the_query_is_not_understood) {
  for (const char* query : {"timeout_ms=", "timeout_ms=0", "timeout_ms=-1", "timeout_ms=1s",
                            "timeout_ms=1&timeout_ms=2", "older_than=5", "timeout_ms", "&",
                            "timeout_ms=99999999999999999999", "older_than_ms=1&x=1", "force",
                            "force=false", "force=true&force=true"}) {
    EXPECT_EQ(post("/-/rotate/acme", query).status, 400U) << query;
  }
  EXPECT_TRUE(actions_.rotated.empty());
  EXPECT_EQ(post("/-/rotate/acme").status, 200U);
  EXPECT_FALSE(actions_.rotated_how.force);
  EXPECT_EQ(post("/-/rotate/acme", "force=true&timeout_ms=5").status, 200U);
  EXPECT_TRUE(actions_.rotated_how.force);
}

TEST_F(the_control_socket, tells_what_a_rotation_would_meet) {
  actions_.outlook_result = "{\"workspace\":\"a/b\"}";
  const http::reply answer = post("/-/outlook/a%2Fb");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "{\"workspace\":\"a/b\"}\n");
  EXPECT_EQ(actions_.outlooks, (std::vector<std::string>{"a/b"}));
  EXPECT_TRUE(actions_.rotated.empty());
  actions_.outlook_result.reset();
  EXPECT_EQ(post("/-/outlook/nobody").status, 404U);
}

TEST_F(the_control_socket, rotates_nobody_where_there_is_no_such_workspace) {
  actions_.outcome.reset();
  EXPECT_EQ(post("/-/rotate/unknown").status, 404U);
  EXPECT_THAT(audited(), HasSubstr(R"("outcome":"unknown_workspace")"));
}

TEST_F(the_control_socket, verifies_all_or_some) {
  EXPECT_EQ(post("/-/verify").body, "{\"verify\":[{\"workspace\":\"acme\"}]}\n");
  EXPECT_EQ(post("/-/verify", "workspace=a&workspace=b%20c").status, 200U);
  EXPECT_EQ(actions_.verified, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(post("/-/verify", "who=a").status, 400U);
  actions_.verify_result = failure{failure_kind::invalid, "no workspace x"};
  EXPECT_EQ(post("/-/verify", "workspace=x").status, 404U);
  EXPECT_THAT(audited(), HasSubstr(R"("command":"verify")"));
}

TEST_F(the_control_socket, knows_no_other_action) {
  for (const char* path :
       {"/-/", "/-/rotate", "/-/rotate/", "/-/outlook/", "/-/verify/", "/-/reload/", "/-/plan/x"}) {
    EXPECT_EQ(post(path).status, 404U) << path;
  }
}

}  // namespace
}  // namespace tokensyncd::endpoints
