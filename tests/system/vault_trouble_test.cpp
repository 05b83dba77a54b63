// What a Vault can do to the sink, on demand: the stand-in alone.
#include <algorithm>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "tests/system/vault_fixture.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto data_path = "secret/data/timelines/acme";

class vault_trouble : public testing::Test {
 protected:
  void start() {
    world_.daemon_->start();
    ASSERT_TRUE(world_.gets("acme") && world_.gets("beta"));
    ASSERT_TRUE(eventually([&] { return world_.daemon_->is_ready(); }));
  }
  void stop() { EXPECT_EQ(world_.daemon_->stop(), 0); }

  vault_world world_;
};

TEST_F(vault_trouble, makes_one_version_though_the_answer_to_the_write_was_lost) {
  start();
  world_.vault_.fault({{"method", "POST"}, {"path", data_path}, {"times", 1}, {"lose", "after"}});
  world_.rotate();
  EXPECT_TRUE(world_.gets());
  EXPECT_TRUE(eventually([&] { return world_.in_sync(); }));
  EXPECT_EQ(world_.vault_.version("timelines/acme"), 2U);
  stop();
}

TEST_F(vault_trouble, writes_once_more_where_the_write_was_lost_before_it_was_done) {
  start();
  world_.vault_.fault({{"method", "POST"}, {"path", data_path}, {"times", 1}, {"lose", "before"}});
  world_.rotate();
  EXPECT_TRUE(world_.gets());
  EXPECT_EQ(world_.vault_.version("timelines/acme"), 2U);
  stop();
}

TEST_F(vault_trouble, gets_over_every_state_that_passes_and_names_it) {
  struct state {
    int status;
    const char* body;
    const char* sentence;
  };
  start();
  std::uint64_t version = 1;
  for (const auto& [status, body, sentence] :
       {state{503, R"({"errors":["Vault is sealed"]})", "sealed"},
        state{503, R"({"errors":["no active node"]})", "no active node"},
        state{500, R"({"errors":["internal error"]})", "an internal error"},
        state{502, "<html>Bad gateway</html>", "an internal error"},
        state{429, R"({"errors":["quota"]})", "limits the rate"},
        state{412, R"({"errors":["required index state not present"]})", "caught up"},
        state{400, R"({"errors":["Upgrading from non-versioned to versioned data."]})",
              "preparing the mount"},
        state{200, "<html>hello</html>", "is not one JSON object"},
        state{200, "{}", "does not come from a KV engine"}, state{204, "", "not KV version 2"}}) {
    world_.vault_.fault({{"method", "POST"},
                         {"path", data_path},
                         {"times", 8},  // a 412 and a 429 are asked again before they are errors
                         {"status", status},
                         {"body", body}});
    const double before = world_.writes("error");
    world_.rotate();
    ASSERT_TRUE(eventually([&] { return world_.writes("error") > before; })) << sentence;
    EXPECT_TRUE(world_.daemon_->says(sentence)) << sentence;
    world_.vault_.control("clear");
    ASSERT_TRUE(world_.gets()) << sentence;
    ASSERT_TRUE(eventually([&] { return world_.in_sync(); })) << sentence;
    EXPECT_EQ(world_.vault_.version("timelines/acme"), ++version) << sentence;
  }
  stop();
}

TEST_F(vault_trouble, is_not_flooded_by_an_answer_without_end) {
  start();
  world_.vault_.fault({{"method", "POST"},
                       {"path", data_path},
                       {"times", 2},  // after the first it looks, and writes once more
                       {"status", 200},
                       {"body", std::string(2 * 1024 * 1024, 'x')}});
  world_.rotate();
  ASSERT_TRUE(eventually([&] { return world_.writes("error") >= 1; }));
  EXPECT_TRUE(world_.says("larger body than is accepted"));
  EXPECT_TRUE(world_.gets());
  stop();
}

TEST_F(vault_trouble, logs_in_once_more_when_its_token_was_revoked) {
  start();
  world_.vault_.forget();
  world_.vault_.control("revoke_logins");
  world_.rotate();
  EXPECT_TRUE(world_.gets());
  EXPECT_EQ(world_.vault_.count("POST", "auth/approle/login"), 1U);
  EXPECT_EQ(world_.writes("error"), 0);
  stop();
}

TEST_F(vault_trouble, meets_a_policy_that_forbids_with_one_login_and_no_storm) {
  start();
  world_.vault_.policy("tokensyncd", {});
  world_.vault_.forget();
  world_.rotate();
  world_.rotate("beta");
  ASSERT_TRUE(eventually([&] { return world_.writes("error") >= 5; }));
  EXPECT_LE(world_.vault_.count("POST", "auth/approle/login"), 2U) << "at once, and 15 s later";
  EXPECT_TRUE(world_.says("check the policy"));
  EXPECT_GE(world_.sink_of().at("consecutive_failures").as_int64(), 2);
  world_.vault_.policy("tokensyncd", {{"secret/data/timelines/*", {"create", "read", "update"}}});
  EXPECT_TRUE(world_.gets("acme") && world_.gets("beta"));
  stop();
}

TEST_F(vault_trouble, is_silent_for_as_long_as_a_quota_says) {
  start();
  ASSERT_TRUE(eventually([&] { return world_.is_signed("acme") && world_.is_signed("beta"); }))
      << "then nothing else calls";
  world_.vault_.control("set", {{"quota", {{"left", 0}, {"retry_after", "3"}}}});
  world_.vault_.forget();
  world_.rotate();
  // The server's own time stamps: however slow this machine is, a silence is as long as it was
  // told.
  std::size_t before = 0;  // calls until the first silence
  const auto is_silent = [&] {
    const auto at = world_.vault_.times();
    const auto quiet = [](double one, double next) { return next - one >= 2.9; };
    const auto silence = std::adjacent_find(at.begin(), at.end(), quiet);
    before = static_cast<std::size_t>(silence - at.begin()) + 1;
    return silence != at.end();
  };
  ASSERT_TRUE(eventually(is_silent));
  EXPECT_LE(before, 8U) << "those that were under way together";
  EXPECT_TRUE(eventually([&] { return world_.writes("error") >= 1; })) << "it is told if it lasts";
  world_.vault_.control("set", {{"quota", nullptr}});
  EXPECT_TRUE(world_.gets());
  stop();
}

TEST_F(vault_trouble, asks_a_standby_no_further_than_to_an_address_that_is_configured) {
  start();
  vault foreign;
  world_.vault_.control("set", {{"redirect", foreign.address()}});
  world_.rotate();
  ASSERT_TRUE(eventually([&] { return world_.writes("error") >= 1; }));
  EXPECT_TRUE(world_.says("an address that is not configured"));
  EXPECT_THAT(world_.trouble(), Not(HasSubstr(foreign.address())));
  EXPECT_EQ(foreign.count("POST", ""), 0U);
  EXPECT_EQ(foreign.count("GET", ""), 0U);
  world_.vault_.control("set", {{"redirect", nullptr}});
  EXPECT_TRUE(world_.gets());
  stop();
}

TEST_F(vault_trouble, follows_a_standby_to_the_active_node_and_stays_there) {
  vault standby;
  standby.control("set", {{"redirect", world_.vault_.address()}});
  // Neither says which one is active.
  for (const vault* each : {&standby, &world_.vault_})
    each->control("fault", {{"path", "sys/health"}, {"status", 404}});
  auto section = world_.sink();
  const std::string first = "addresses: [";
  section.insert(section.find(first) + first.size(), "\"" + standby.address() + "\", ");
  world_.configure(section);
  start();
  EXPECT_EQ(standby.count("POST", ""), 1U) << "the login; then the active one is asked";
  stop();
}

TEST_F(vault_trouble, says_nothing_to_a_standby_where_another_node_says_that_it_is_active) {
  vault standby;
  standby.control("set", {{"redirect", world_.vault_.address()}});
  auto section = world_.sink();
  const std::string first = "addresses: [";
  section.insert(section.find(first) + first.size(), "\"" + standby.address() + "\", ");
  world_.configure(section);
  start();
  EXPECT_EQ(standby.count("POST", ""), 0U);
  EXPECT_EQ(standby.count("GET", "secret/"), 0U);
  stop();
}

TEST_F(vault_trouble, believes_no_403_of_a_standby_that_does_not_know_its_new_token_yet) {
  world_.vault_.control("set", {{"lag", 2}});
  world_.vault_.forget();
  start();
  EXPECT_EQ(world_.writes("error"), 0);
  EXPECT_EQ(world_.vault_.count("POST", "auth/approle/login"), 1U);
  stop();
}

TEST_F(vault_trouble, is_not_deaf_after_a_standby_has_forbidden_everything_for_seconds) {
  start();
  world_.vault_.control("set", {{"lag_seconds", 3}});
  world_.vault_.control("revoke_logins");
  world_.rotate();
  EXPECT_TRUE(world_.gets()) << "without anybody asking";
  stop();
}

TEST_F(vault_trouble, goes_on_with_another_address_while_one_is_sealed_or_gone) {
  auto gone = std::make_unique<vault>();
  auto section = world_.sink();
  const std::string first = "addresses: [";
  section.insert(section.find(first) + first.size(), "\"" + gone->address() + "\", ");
  world_.configure(section);
  gone->control("set", {{"sealed", true}});
  start();
  gone.reset();
  world_.rotate();
  EXPECT_TRUE(world_.gets());
  EXPECT_EQ(world_.writes("error"), 0);
  stop();
}

TEST_F(vault_trouble, says_who_it_is_with_every_call_and_never_more_than_eight_at_once) {
  std::vector<std::string> many;
  for (int i = 0; i < 60; ++i) many.push_back("w" + std::to_string(i));
  vault_world fleet{{}, many};
  fleet.daemon_->start();
  ASSERT_TRUE(eventually([&] { return fleet.daemon_->is_ready(); }));
  fleet.vault_.fault({{"path", "secret/"}, {"hold", true}});
  fleet.vault_.forget();
  fleet.api_.rotate_all("w");
  (void)fleet.daemon_->ask("/-/sync", "POST");
  const auto peak = [&] { return fleet.vault_.control("seen").at("peak").to_number<int>(); };
  EXPECT_TRUE(eventually([&] { return peak() == 8; }));
  fleet.vault_.control("clear");
  // Not when none is out of sync: some may not have been asked about yet.
  ASSERT_TRUE(eventually([&] {
    return fleet.vault_.control("seen").at("requests").get_array().size() >= many.size();
  }));
  ASSERT_TRUE(eventually([&] {
    return fleet.daemon_->metric("tokensyncd_sink_out_of_sync_workspaces{sink=\"vault\"}") == 0;
  }));
  const auto seen = fleet.vault_.control("seen");
  EXPECT_EQ(seen.at("peak").to_number<int>(), 8);
  for (const auto& each : seen.at("requests").get_array()) {
    if (std::string_view{each.at("path").get_string()}.find("/role/") != std::string_view::npos)
      continue;  // the test's own
    if (each.at("method") == "GET" || each.at("method") == "POST") {
      EXPECT_TRUE(each.at("request_header").get_bool()) << boost::json::serialize(each);
    }
  }
  EXPECT_EQ(fleet.daemon_->stop(), 0);
}

TEST_F(vault_trouble, keeps_secrets_out_of_everything_that_it_says) {
  start();
  world_.vault_.control("revoke_logins");
  world_.rotate();
  ASSERT_TRUE(world_.gets());
  world_.vault_.policy("tokensyncd", {});
  world_.rotate();
  ASSERT_TRUE(eventually([&] { return world_.writes("error") >= 1; }));
  const std::string shown =
      world_.daemon_->ask("/status").body + world_.daemon_->ask("/metrics").body;
  stop();
  const std::string all = shown + world_.daemon_->all_output();
  const auto& folder = world_.daemon_->directory();
  for (const auto& each : {world_.api_.token("acme"), read_if_there(folder / "secret-id")}) {
    ASSERT_FALSE(each.empty());
    EXPECT_EQ(all.find(each), std::string::npos);
  }
  EXPECT_EQ(all.find("\"s."), std::string::npos) << "a token of Vault's";
}

TEST_F(vault_trouble, tells_when_its_token_runs_out) {
  start();
  const double ends =
      world_.daemon_->metric("tokensyncd_vault_token_expiration_timestamp_seconds{sink=\"vault\"}");
  const double now = static_cast<double>(std::time(nullptr));
  EXPECT_GT(ends, now + 3000);
  EXPECT_LE(ends, now + 3601);
  stop();
}

}  // namespace
}  // namespace tokensyncd::tests
