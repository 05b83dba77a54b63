// How calls get past quotas, standbys and clusters without a leader.
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/vault/transport_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::scripted_vault;

TEST_F(vault_transport, keeps_a_call_that_a_quota_refused_until_its_pause_is_over) {
  transport by{loop_, clock_, settings(), ""};
  vault_.on("a", {429, R"({"errors":["quota"]})", "Retry-After: 4\r\n"});
  vault_.on("a", {200, "{}"});
  std::optional<outcome<reply>> got;
  auto ask = [&]() -> task<> { got.emplace(co_await by.call(get("a"))); };
  start(ask());
  settle();
  clock_.advance(3'999ms);
  settle();
  EXPECT_EQ(vault_.count("a"), 1U) << "nothing went out meanwhile";
  clock_.advance(1ms);
  run_until([&] { return got.has_value(); });
  EXPECT_TRUE(*got);
  EXPECT_EQ(vault_.count("a"), 2U);
}

TEST_F(vault_transport, says_so_where_a_quota_wants_a_longer_silence) {
  transport by{loop_, clock_, settings(), ""};
  vault_.on("a", {429, R"({"errors":["quota"]})", "Retry-After: 60\r\n"});
  vault_.on("a", {200, "{}"});
  EXPECT_EQ(why(by, get("a")), cause::quota);
  clock_.advance(54s);
  EXPECT_EQ(why(by, get("a")), cause::quota) << "6 s are left, more than a call waits for";
  EXPECT_EQ(vault_.count("a"), 1U) << "nothing went out meanwhile";
  clock_.advance(6s);
  EXPECT_TRUE(run(by.call(get("a"))));
}

TEST_F(vault_transport, lets_writes_out_before_reads_and_reads_before_the_rest) {
  transport by{loop_, clock_, settings(), ""};
  for (const char* path : {"first", "sign", "look", "read", "write"})
    vault_.now_on(path, {200, "{}"});
  vault_.now_on("first", {429, R"({"errors":["quota"]})", "Retry-After: 1\r\n"});
  vault_.on("first", {200, "{}"});
  int done = 0;
  auto ask = [&](const char* path, importance what_for) -> task<> {
    question what;
    what.path = path;
    what.matters = what_for;
    const auto got = co_await by.call(what);
    done += got ? 1 : 0;
  };
  start(ask("first", importance::login));
  run_until([&] { return vault_.count("first") == 1 && clock_.sleeping() == 1; });
  start(ask("sign", importance::background));
  start(ask("look", importance::look));
  start(ask("read", importance::read));
  start(ask("write", importance::write));
  run_until([&] { return clock_.sleeping() == 5; });
  while (done < 5) {
    // Nothing is under way, so that nothing can overtake.
    run_until([&] { return clock_.sleeping() + static_cast<std::size_t>(done) == 5; });
    clock_.advance(100ms);
    loop_.restart();
    loop_.poll();
  }
  std::vector<std::string> order;
  for (const auto& asked : vault_.asked()) order.push_back(asked.substr(0, asked.find(" HTTP")));
  EXPECT_THAT(order, testing::ElementsAre("GET /v1/first", "GET /v1/first", "GET /v1/write",
                                          "GET /v1/read", "GET /v1/look", "GET /v1/sign"));
}

TEST_F(vault_transport, shows_a_standby_the_newest_state_that_it_knows_of) {
  transport by{loop_, clock_, settings(), ""};
  vault_.on("a", {200, "{}", "X-Vault-Index: state-1\r\n"});
  vault_.on("a", {200, "{}"});
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_THAT(vault_.asked("a").at(0), Not(HasSubstr("X-Vault-In")));
  EXPECT_THAT(vault_.asked("a").at(1), HasSubstr("\r\nX-Vault-Index: state-1\r\n"));
  EXPECT_THAT(vault_.asked("a").at(1),
              HasSubstr("\r\nX-Vault-Inconsistent: forward-active-node\r\n"));
}

TEST_F(vault_transport, asks_the_node_that_says_it_is_active) {
  constexpr auto standby = R"({"initialized":true,"sealed":false,"standby":true})";
  scripted_vault second;
  vault_.now_on("sys/health", {429, standby});
  second.now_on("sys/health", {200, R"({"initialized":true,"sealed":false,"standby":false})"});
  for (scripted_vault* each : {&vault_, &second}) each->now_on("a", {200, "{}"});
  transport by{loop_, clock_, with({&second}), ""};
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_EQ(vault_.count("a"), 0U);
  EXPECT_EQ(second.count("a"), 2U);
  EXPECT_EQ(second.count("sys/health"), 1U) << "it isn't asked before each call";
  // It loses its office, and the other one gets it.
  second.now_on("a", {503, R"({"errors":["no active node"]})"});
  vault_.now_on("sys/health", {200, R"({"initialized":true,"sealed":false,"standby":false})"});
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_EQ(vault_.count("a"), 1U);
}

TEST_F(vault_transport, waits_for_a_look_that_is_under_way_instead_of_asking_a_standby) {
  constexpr auto standby = R"({"initialized":true,"sealed":false,"standby":true})";
  std::promise<void> told;
  const auto turn = told.get_future().share();
  scripted_vault second;
  vault_.now_on("sys/health", {429, standby, {}, false, [turn] { turn.wait(); }});
  second.now_on("sys/health", {200, R"({"initialized":true,"sealed":false,"standby":false})"});
  for (scripted_vault* each : {&vault_, &second}) each->now_on("a", {200, "{}"});
  transport by{loop_, clock_, with({&second}), ""};
  const question what = post("a");
  for (int i = 0; i < 3; ++i) start(by.call(what));
  run_until([&] { return vault_.count("sys/health") == 1; });
  told.set_value();
  run_until([&] { return vault_.count("a") + second.count("a") == 3; });
  EXPECT_EQ(vault_.count("a"), 0U);
  EXPECT_EQ(vault_.count("sys/health"), 1U);
  stop_all();
}

TEST_F(vault_transport, says_that_there_is_no_leader_where_a_standby_sends_to_nobody) {
  auto with = settings();
  with.addresses.emplace_back("http://127.0.0.1:1");
  transport by{loop_, clock_, with, ""};
  vault_.now_on("a", {307, "", "Location: http://127.0.0.1:1/v1/a\r\n"});
  const auto got = run(by.call(post("a")));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().why, cause::no_active);
  EXPECT_THAT(got.error().what.sentence, HasSubstr("no leader"));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
