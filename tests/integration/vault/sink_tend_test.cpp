// What the sink finds out by itself and tells the engine.
#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/vault/sink_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using sync::sink_news;
using ::testing::HasSubstr;

constexpr auto rights = "sys/capabilities-self";
constexpr auto node_health = "sys/health";

std::string healthy(const std::string& cluster) {
  return R"({"initialized":true,"sealed":false,"standby":false,"cluster_id":")" + cluster + "\"}";
}

class vault_sink_tended : public vault_sink_alone {
 protected:
  void tend() {
    sink_->report_to(
        [this](sink_news what) { (what == sink_news::try_again ? tries_ : looks_)++; });
    vault_sink_alone::tend();
    run_until([&] { return is_idle(); });
  }
  void pass(std::chrono::milliseconds how_long) {
    clock_.advance(how_long);
    loop_.restart();
    loop_.poll();
    run_until([&] { return is_idle(); });
  }

  int tries_ = 0;
  int looks_ = 0;
};

TEST_F(vault_sink_tended, finds_out_within_seconds_that_a_right_came_back) {
  open();
  vault_.now_on(data, {403, forbidden});
  EXPECT_THAT(deliver("one"), HasSubstr("403"));
  vault_.now_on(rights, {200, R"({"data":{"secret/data/t/acme":["deny"]}})"});
  tend();
  pass(5s);
  EXPECT_EQ(vault_.count(rights), 1U);
  EXPECT_EQ(tries_, 0);
  vault_.now_on(rights, {200, R"({"data":{"secret/data/t/acme":["read","create","update"]}})"});
  pass(15s);
  EXPECT_EQ(vault_.count(rights), 2U);
  EXPECT_EQ(tries_, 1);
  EXPECT_THAT(vault_.asked(rights).at(0), HasSubstr(R"({"paths":["secret/data/t/acme"]})"));
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  EXPECT_EQ(deliver("one"), "");
  pass(60s);
  EXPECT_EQ(vault_.count(rights), 2U) << "nothing is missing any more";
  stop_all();
}

TEST_F(vault_sink_tended, asks_twice_more_where_a_standby_forbids_a_new_token) {
  open();
  vault_.now_on(node_health, {429, R"({"initialized":true,"sealed":false,"standby":true})"});
  vault_.on(data, {403, forbidden});
  vault_.on(data, {403, forbidden});
  vault_.on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  std::optional<std::string> said;
  auto work = [&]() -> task<> { said = co_await bring("one"); };
  start(work());
  for (int i = 0; i < 2; ++i) {
    run_until([&] { return clock_.sleeping() == 1; });
    clock_.advance(300ms);
    loop_.restart();
    loop_.poll();
  }
  run_until([&] { return said.has_value(); });
  EXPECT_EQ(*said, "");
  EXPECT_EQ(vault_.count("auth/token/lookup-self"), 1U);
}

TEST_F(vault_sink_tended, believes_the_active_node_that_forbids_a_new_token) {
  open();
  vault_.now_on(node_health, {200, healthy("a")});
  vault_.now_on(data, {403, forbidden});
  EXPECT_THAT(deliver("one"), HasSubstr("403"));
  EXPECT_EQ(vault_.count(data), 1U);
}

TEST_F(vault_sink_tended, has_everything_looked_at_when_the_cluster_was_replaced) {
  write_first();
  vault_.now_on(node_health, {200, healthy("a")});
  tend();
  pass(10s);
  EXPECT_EQ(looks_, 0);
  vault_.now_on(node_health, {200, healthy("b")});
  pass(10s);
  EXPECT_EQ(looks_, 1);
  pass(10s);
  EXPECT_EQ(looks_, 1);
  stop_all();
}

TEST_F(vault_sink_tended, has_everything_looked_at_when_it_was_unsealed) {
  write_first();
  vault_.now_on(node_health, {200, healthy("a")});
  tend();
  vault_.now_on(node_health, {503, R"({"initialized":true,"sealed":true,"standby":true})"});
  pass(10s);
  EXPECT_EQ(looks_, 0);
  vault_.now_on(node_health, {200, healthy("a")});
  pass(10s);
  EXPECT_EQ(looks_, 1);
  stop_all();
}

TEST_F(vault_sink_tended, has_everything_looked_at_when_a_version_went_backwards) {
  write_first();
  present_->tag = [&] {
    auto etag = *vault_etag::unpack(present_->tag);
    etag.version = 7;
    return etag.pack();
  }();
  tend();
  vault_.now_on(
      data, {400, R"({"errors":["check-and-set parameter did not match the current version"]})"});
  vault_.on(data, {200, holds(R"({"token":"one"})", 3)});
  vault_.on(data, {200, written(4)});
  EXPECT_EQ(deliver("two", 2), "");
  EXPECT_EQ(looks_, 1);
  stop_all();
}

TEST_F(vault_sink_tended, writes_again_what_the_server_is_about_to_delete) {
  open();
  const std::string kept =
      R"("created_time":"2025-11-13T02:13:20Z","deletion_time":"2025-11-13T02:14:50Z")";
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, R"({"data":{"version":1,)" + kept + "}}"});
  ASSERT_EQ(deliver("one"), "");
  tend();
  pass(60s - 1ms);
  EXPECT_EQ(looks_, 0);
  pass(1ms);
  EXPECT_EQ(looks_, 1);
  vault_.now_on(
      data, {200, R"({"data":{"data":{"token":"one"},"metadata":{"version":1,)" + kept + "}}}"});
  EXPECT_EQ(look(), sync::destination_state::drifted);
  vault_.on(data, {200, written(2)});
  present_->drifted = true;
  EXPECT_EQ(deliver("one"), "");
  EXPECT_EQ(vault_etag::unpack(present_->tag)->version, 2U);
  pass(10s);
  EXPECT_EQ(looks_, 1);
  stop_all();
}

TEST_F(vault_sink_tended, asks_once_for_a_look_at_what_nobody_looks_at_any_more) {
  open();
  const std::string kept =
      R"("created_time":"2025-11-13T02:13:20Z","deletion_time":"2025-11-13T02:14:50Z")";
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, R"({"data":{"version":1,)" + kept + "}}"});
  ASSERT_EQ(deliver("one"), "");
  tend();
  pass(60s);
  EXPECT_EQ(looks_, 1);
  for (int i = 0; i < 6; ++i) pass(10s);
  EXPECT_EQ(looks_, 1);
  stop_all();
}

TEST_F(vault_sink_tended, brings_nothing_to_a_server_that_has_no_namespaces) {
  kind_.name_space = "team-a";
  open();
  EXPECT_THAT(deliver("one"), HasSubstr("has no namespaces"));
  EXPECT_EQ(vault_.count(data), 0U);
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
