#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/vault/transport_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::scripted_vault;

TEST_F(vault_transport, says_who_it_is_and_hands_over_token_and_namespace) {
  auto with = settings();
  with.name_space = "team-a";
  transport by{loop_, clock_, with, "tokensyncd/test"};
  vault_.on("secret/data/x", {200, R"({"data":{}})"});
  auto what = get("secret/data/x");
  what.token = "s.token";
  EXPECT_TRUE(run(by.call(what)));
  const std::string asked = vault_.asked().at(0);
  EXPECT_THAT(asked, HasSubstr("\r\nX-Vault-Request: true\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nX-Vault-Token: s.token\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nX-Vault-Namespace: team-a\r\n"));
  EXPECT_THAT(asked, HasSubstr("\r\nUser-Agent: tokensyncd/test\r\n"));
}

TEST_F(vault_transport, moves_on_from_a_sealed_server_and_stays_with_the_one_that_works) {
  scripted_vault second;
  vault_.now_on("a", {503, sealed});
  second.now_on("a", {200, "{}"});
  transport by{loop_, clock_, with({&second}), ""};
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_EQ(vault_.count("a"), 1U);
  EXPECT_EQ(second.count("a"), 2U);
}

TEST_F(vault_transport, leaves_a_connection_that_brought_what_is_no_answer_of_vaults) {
  transport by{loop_, clock_, settings(), ""};
  vault_.now_on("a", {200, "{}"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(run(by.call(get("a"))));
  EXPECT_EQ(vault_.connections(), 1U);
  vault_.now_on("a", {200, "<html>"});
  EXPECT_EQ(why(by, get("a")), cause::malformed);
  vault_.now_on("a", {200, "{}"});
  EXPECT_TRUE(run(by.call(get("a"))));
  EXPECT_EQ(vault_.connections(), 2U);
}

TEST_F(vault_transport, moves_on_where_nobody_listens) {
  auto with = settings();
  with.addresses.insert(with.addresses.begin(), "http://127.0.0.1:1");
  transport by{loop_, clock_, with, ""};
  vault_.now_on("a", {200, "{}"});
  EXPECT_TRUE(run(by.call(post("a"))));
}

TEST_F(vault_transport, tells_the_first_trouble_where_every_server_has_one) {
  scripted_vault second;
  vault_.now_on("a", {503, sealed});
  second.now_on("a", {503, R"({"errors":["local node not active"]})"});
  transport by{loop_, clock_, with({&second}), ""};
  EXPECT_EQ(why(by, get("a")), cause::sealed);
  EXPECT_EQ(second.count("a"), 1U);
}

TEST_F(vault_transport, never_repeats_a_write_whose_answer_was_lost) {
  scripted_vault second;
  vault_.on("a", {200, "{}", {}, true});
  second.now_on("a", {200, "{}"});
  transport by{loop_, clock_, with({&second}), ""};
  EXPECT_EQ(why(by, post("a")), cause::lost);
  EXPECT_EQ(second.count("a"), 0U);
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_EQ(second.count("a"), 1U) << "the next call asks somebody else first";
}

TEST_F(vault_transport, asks_another_server_where_a_read_meets_trouble_of_this_ones_own) {
  for (const scripted_vault::scene& scene :
       {scripted_vault::scene{502, "<html>Bad gateway</html>"},
        scripted_vault::scene{500, R"({"errors":["internal error"]})"},
        scripted_vault::scene{200, "<html>welcome</html>"},
        scripted_vault::scene{404, "<html>no such page</html>"},
        scripted_vault::scene{200, "{}", {}, true}}) {
    scripted_vault second;
    vault_.now_on("a", scene);
    second.now_on("a", {200, "{}"});
    transport by{loop_, clock_, with({&second}), ""};
    EXPECT_TRUE(run(by.call(get("a")))) << scene.body;
    const auto before = vault_.count("a");
    EXPECT_TRUE(run(by.call(get("a")))) << scene.body;
    EXPECT_EQ(vault_.count("a"), before) << "it stays with the other one";
  }
}

TEST_F(vault_transport, repeats_no_write_that_may_have_been_done_but_asks_another_server_next) {
  for (const scripted_vault::scene& scene : {scripted_vault::scene{502, "<html>Bad gateway</html>"},
                                             scripted_vault::scene{200, "<html>welcome</html>"}}) {
    scripted_vault second;
    vault_.now_on("a", scene);
    second.now_on("a", {200, "{}"});
    transport by{loop_, clock_, with({&second}), ""};
    EXPECT_FALSE(run(by.call(post("a")))) << scene.body;
    EXPECT_EQ(second.count("a"), 0U);
    EXPECT_TRUE(run(by.call(post("a")))) << scene.body;
    EXPECT_EQ(second.count("a"), 1U);
  }
}

TEST_F(vault_transport, gets_past_a_server_in_trouble_that_it_was_sent_on_to) {
  scripted_vault second;
  scripted_vault third;
  vault_.now_on("a", {503, sealed});
  second.now_on("a", {502, "<html>Bad gateway</html>"});
  third.now_on("a", {200, "{}"});
  transport by{loop_, clock_, with({&second, &third}), ""};
  EXPECT_EQ(why(by, post("a")), cause::broken);
  EXPECT_TRUE(run(by.call(post("a"))));
  EXPECT_EQ(second.count("a"), 1U);
}

TEST_F(vault_transport, stays_with_a_server_that_says_no) {
  for (const scripted_vault::scene& scene :
       {scripted_vault::scene{404, R"({"errors":[]})"},
        scripted_vault::scene{403, R"({"errors":["permission denied"]})"},
        scripted_vault::scene{400, R"({"errors":["missing data"]})"}}) {
    scripted_vault second;
    scripted_vault third;
    vault_.now_on("a", {503, sealed});
    second.now_on("a", scene);
    transport by{loop_, clock_, with({&second, &third}), ""};
    const auto before = vault_.count("a");
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(run(by.call(get("a"))));
    EXPECT_EQ(second.count("a"), 3U);
    EXPECT_EQ(third.count("a"), 0U);
    EXPECT_EQ(vault_.count("a"), before + 1) << "the sealed one is asked once";
  }
}

TEST_F(vault_transport, follows_a_redirect_to_a_configured_address_with_the_token) {
  scripted_vault active;
  active.now_on("a", {200, "{}"});
  vault_.now_on("a", {307, "", "Location: " + active.address() + "/v1/a\r\n"});
  transport by{loop_, clock_, with({&active}), ""};
  auto what = post("a", R"({"x":1})");
  what.token = "s.token";
  EXPECT_TRUE(run(by.call(what)));
  EXPECT_THAT(active.asked("a").at(0), HasSubstr("X-Vault-Token: s.token"));
  EXPECT_THAT(active.asked("a").at(0), HasSubstr(R"({"x":1})"));
  EXPECT_TRUE(run(by.call(what)));
  EXPECT_EQ(vault_.count("a"), 1U) << "the active one is asked first from then on";
}

TEST_F(vault_transport, follows_no_redirect_to_anywhere_else) {
  scripted_vault foreign;
  foreign.now_on("a", {200, "{}"});
  transport by{loop_, clock_, settings(), ""};
  auto what = get("a");
  what.token = "s.token";
  for (const std::string& location :
       {foreign.address() + "/v1/a", std::string{"//evil/v1/a"}, std::string{"/v1/b"},
        "http://user@" + vault_.address().substr(7) + "/v1/a", std::string{}}) {
    vault_.now_on("a", {307, "", "Location: " + location + "\r\n"});
    const auto got = run(by.call(what));
    ASSERT_TRUE(got.has_error()) << location;
    EXPECT_EQ(got.error().why, cause::no_active);
    EXPECT_THAT(got.error().what.sentence, Not(HasSubstr("evil")));
  }
  EXPECT_TRUE(foreign.asked().empty());
}

TEST_F(vault_transport, follows_one_redirect_however_servers_point_at_each_other) {
  scripted_vault second;
  vault_.now_on("a", {307, "", "Location: " + second.address() + "/v1/a\r\n"});
  second.now_on("a", {307, "", "Location: " + vault_.address() + "/v1/a\r\n"});
  transport by{loop_, clock_, with({&second}), ""};
  EXPECT_EQ(why(by, get("a")), cause::no_active);
  EXPECT_LE(vault_.count("a") + second.count("a"), 4U);
}

TEST_F(vault_transport, asks_a_node_that_lags_behind_three_times_more) {
  transport by{loop_, clock_, settings(), ""};
  vault_.on("a", {412, R"({"errors":[]})"});
  vault_.on("a", {412, R"({"errors":[]})"});
  vault_.on("a", {200, "{}"});
  std::optional<outcome<reply>> got;
  auto ask = [&]() -> task<> { got.emplace(co_await by.call(get("a"))); };
  start(ask());
  settle();
  clock_.advance(100ms);
  settle();
  EXPECT_EQ(vault_.count("a"), 2U);
  clock_.advance(199ms);
  settle();
  EXPECT_EQ(vault_.count("a"), 2U);
  clock_.advance(1ms);
  run_until([&] { return got.has_value(); });
  EXPECT_TRUE(*got);

  vault_.now_on("a", {412, R"({"errors":[]})"});
  got.reset();
  start(ask());
  for (int i = 0; i < 3; ++i) {
    settle();
    clock_.advance(400ms);
  }
  run_until([&] { return got.has_value(); });
  EXPECT_EQ(got->error().why, cause::not_yet);
  EXPECT_EQ(vault_.count("a"), 3U + 4U);
}

TEST_F(vault_transport, changes_nothing_for_an_answer_that_is_no_json_or_huge) {
  transport by{loop_, clock_, settings(), ""};
  vault_.on("a", {200, "<html>welcome</html>"});
  vault_.on("a", {200, "[]"});
  vault_.on("a", {200, std::string(300 * 1024, ' ') + "{}"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(why(by, get("a")), cause::malformed) << i;
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
