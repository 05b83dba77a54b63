// The sink as a whole, beside a server that says what no real one says at will.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "daemon/sinks/system_calls.hpp"
#include "daemon/sinks/vault/unwrapped_secrets.hpp"
#include "daemon/sinks/vault/vault_sink.hpp"
#include "daemon/sinks/writer_identity.hpp"
#include "tests/integration/vault/vault_desk.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using tests::scripted_vault;

constexpr auto mount = "sys/internal/ui/mounts/secret/t/acme";
constexpr auto data = "secret/data/t/acme";
constexpr auto metadata_path = "secret/metadata/t/acme";
constexpr auto never_written = R"({"errors":[]})";
constexpr auto forbidden = R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})";

std::string written(int version) {
  return R"({"data":{"version":)" + std::to_string(version) + "}}";
}

/// A read's answer: `custom` is the custom metadata, none for a server that doesn't tell it.
std::string holds(const std::string& fields, int version, const std::string& custom = "") {
  const std::string told = custom.empty() ? "" : R"("custom_metadata":)" + custom + ",";
  return R"({"data":{"data":)" + fields + R"(,"metadata":{)" + told +
         R"("deletion_time":"","destroyed":false,"version":)" + std::to_string(version) + "}}}";
}

/// A sink with a token of a file and one member, `token`, on a mount of KV version 2.
class vault_sink_alone : public tests::vault_desk {
 protected:
  vault_sink_alone() {
    put("token", "s.root");
    kind_ = settings();
    kind_.mount = "secret";
    kind_.path = "t/{workspace}";
    kind_.data = {{"token", "{token}"}};
    kind_.auth.method = config::vault_auth_method::token;
    kind_.auth.token_file = directory_ / "token";
    vault_.now_on("auth/token/lookup-self", {200, R"({"data":{"ttl":0}})"});
    vault_.now_on(mount, {200, R"({"data":{"type":"kv","options":{"version":"2"}}})"});
    vault_.now_on(metadata_path, {403, forbidden});
  }

  vault_sink& open() {
    const auto tell = [this](log_level, const std::string&, const std::string& sentence) {
      told_.push_back(sentence);
    };
    const config::sink section{.name = "vault", .kind = kind_};
    const sink_world world{system_, identity_,  loop_,          clock_, chance_,
                           prints_, unwrapped_, "acme-partner", "t/1",  tell};
    sink_ = std::make_unique<vault_sink>(section, world);
    return *sink_;
  }

  /// Brings a token; what comes of it is recorded. Empty, or why it failed.
  std::string deliver(const std::string& token, std::uint32_t generation = 1) {
    const secret value{token};
    const revision what{generation, prints_.of(token), {}};
    const sync::order order{{"acme", labels_}, what, value, present_, {}};
    auto done = run(sink_->deliver(order));
    if (!done) {
      failed_ = done.error().kind;
      return done.error().sentence;
    }
    present_ = sync::recorded{what.token, done->sign};
    return "";
  }
  sync::place_state look() {
    std::vector<sync::inspection> places{{{"acme", labels_}, present_->sign, 1}};
    auto work = [&]() -> task<int> {
      co_await sink_->inspect(places);
      co_return 0;
    };
    run(work());
    return places.front().seen;
  }

  config::vault_sink_settings kind_;
  config::labels labels_;
  sinks::system_calls system_;
  sinks::writer_identity identity_{installation_key{1}};
  fingerprinter prints_{installation_key{2}};
  unwrapped_secrets unwrapped_{clock_};
  std::vector<std::string> told_;
  std::optional<sync::recorded> present_;
  std::optional<failure_kind> failed_;
  std::unique_ptr<vault_sink> sink_;
};

TEST_F(vault_sink_alone, takes_no_404_but_vaults_own_for_never_written) {
  open();
  for (const auto* body : {"<html>Not Found</html>", "", "{}", R"({"errors":["unsupported path"]})",
                           R"({"errors":null})"}) {
    vault_.now_on(data, {404, body});
    EXPECT_THAT(deliver("one"), HasSubstr("404")) << body;
  }
  for (const auto& asked : vault_.asked(data)) EXPECT_THAT(asked, Not(HasSubstr("POST")));
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  EXPECT_EQ(deliver("one"), "");
}

TEST_F(vault_sink_alone, does_not_take_a_login_that_failed_for_a_secret_that_is_not_there) {
  kind_.auth.method = config::vault_auth_method::jwt;
  kind_.auth.mount = "jwt";
  kind_.auth.jwt_file = directory_ / "token";
  kind_.version = config::kv_version::v2;
  open();
  vault_.now_on("auth/jwt/login", {404, never_written});
  vault_.now_on(data, {200, written(1)});
  EXPECT_THAT(deliver("one"), HasSubstr("no login"));
  EXPECT_EQ(failed_, failure_kind::bad_login);
  EXPECT_EQ(vault_.count(data), 0U);
}

TEST_F(vault_sink_alone, survives_a_token_that_can_not_be_sent) {
  put("token", "s.ro\x01ot\nsecond line");
  open();
  const std::string why = deliver("one");
  EXPECT_THAT(why, HasSubstr("control characters"));
  EXPECT_THAT(why, HasSubstr("auth.token_file"));
  EXPECT_THAT(why, Not(HasSubstr("s.ro")));
  EXPECT_EQ(failed_, failure_kind::bad_login);
}

TEST_F(vault_sink_alone, keeps_what_is_signed_for_another_also_after_metadata_was_forbidden) {
  open();
  // A secret of ours by its names, which metadata must be asked about: first forbidden, then not.
  kind_.data = {{"token", "{token}"}, {"workspace_id", "{workspace}"}};
  open();
  const auto theirs = holds(R"({"token":"theirs","workspace_id":"acme"})", 3);
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  EXPECT_EQ(deliver("one"), "");
  auto settle_signatures = [&]() -> task<int> {
    co_await sink_->tend();
    co_return 0;
  };
  start(settle_signatures());
  run_until([&] { return vault_.count(metadata_path) == 1; });
  stop_all();

  present_.reset();
  vault_.now_on(data, {200, theirs});
  vault_.now_on(metadata_path, {200, R"({"data":{"custom_metadata":{"managed_by":"somebody"}}})"});
  EXPECT_THAT(deliver("two"), HasSubstr("didn't write"));
  EXPECT_EQ(failed_, failure_kind::conflict);
}

TEST_F(vault_sink_alone, believes_what_a_read_tells_of_the_owner) {
  kind_.data = {{"token", "{token}"}, {"workspace_id", "{workspace}"}};
  open();
  vault_.now_on(data, {200, holds(R"({"token":"theirs","workspace_id":"acme"})", 3,
                                  R"({"managed_by":"somebody"})")});
  EXPECT_THAT(deliver("two"), HasSubstr("didn't write"));
  EXPECT_EQ(vault_.count(metadata_path), 0U) << "no further call is needed";
}

TEST_F(vault_sink_alone, looks_before_it_writes_where_a_look_has_shown_something_else) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  // Deleted with all its versions, and written once by somebody else: version 1 again.
  vault_.now_on(data, {200, holds(R"({"token":"theirs"})", 1)});
  EXPECT_EQ(look(), sync::place_state::drifted);
  present_->drifted = true;
  EXPECT_THAT(deliver("two", 2), HasSubstr("didn't write"));
}

TEST_F(vault_sink_alone, looks_on_where_one_place_can_not_be_seen_and_tells_it_once) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  vault_.now_on("secret/data/t/beta", {200, holds(R"({"token":"other"})", 1)});
  vault_.now_on(data, {200, R"({"data":"surprise"})"});
  std::vector<sync::inspection> places{{{"acme", labels_}, present_->sign, 1},
                                       {{"beta", labels_}, present_->sign, 1}};
  auto work = [&]() -> task<int> {
    co_await sink_->inspect(places);
    co_return 0;
  };
  run(work());
  EXPECT_EQ(places[0].seen, sync::place_state::unknown);
  EXPECT_EQ(places[1].seen, sync::place_state::drifted);
  run(work());
  EXPECT_THAT(told_, ElementsAre(HasSubstr("Can't see")));
}

TEST_F(vault_sink_alone, looks_past_places_that_are_forbidden_or_damaged) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  std::vector<sync::inspection> places;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    vault_.now_on(std::string{"secret/data/t/"} + id, {403, forbidden});
    places.push_back({{id, labels_}, present_->sign, 1});
  }
  for (const char* id : {"f", "g"}) {
    vault_.now_on(std::string{"secret/data/t/"} + id, {500, R"({"errors":["damaged"]})"});
    places.push_back({{id, labels_}, present_->sign, 1});
  }
  vault_.now_on("secret/data/t/z", {200, holds(R"({"token":"other"})", 1)});
  places.push_back({{"z", labels_}, present_->sign, 1});
  auto work = [&]() -> task<int> {
    co_await sink_->inspect(places);
    co_return 0;
  };
  run(work());
  EXPECT_EQ(places.front().seen, sync::place_state::unknown);
  EXPECT_EQ(places.back().seen, sync::place_state::drifted);
  EXPECT_THAT(told_, SizeIs(2)) << "a line for each cause";
  present_.reset();
  vault_.now_on(data, {200, holds(R"({"token":"one"})", 1)});
  EXPECT_EQ(deliver("one"), "") << "and no delivery is slowed down by it";
}

TEST_F(vault_sink_alone, writes_tokens_though_what_left_may_not_be_deleted) {
  open();
  const auto right = holds(R"({"token":"one"})", 1);
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  for (const char* id : {"a", "b", "c", "d"}) {
    const std::string path = std::string{"secret/data/t/"} + id;
    vault_.now_on(path, {200, right});
    vault_.on(path, {403, forbidden});
    const sync::target whom{id, labels_};
    auto work = [&]() -> task<bool> {
      const auto gone = co_await sink_->withdraw(whom, present_->sign);
      co_return gone.has_value();
    };
    EXPECT_FALSE(run(work()));
  }
  vault_.now_on(data, {200, written(2)});
  EXPECT_EQ(deliver("two", 2), "");
}

TEST_F(vault_sink_alone, looks_before_it_writes_again_after_any_answer_that_is_none) {
  for (const scripted_vault::scene& scene : {scripted_vault::scene{502, "<html>Bad gateway</html>"},
                                             scripted_vault::scene{200, "<html>welcome</html>"},
                                             scripted_vault::scene{200, "{}", {}, true}}) {
    present_.reset();
    open();
    vault_.now_on(data, {404, never_written});
    vault_.on(data, {200, written(1)});
    ASSERT_EQ(deliver("one"), "");
    vault_.now_on(data, scene);
    vault_.on(data, {200, holds(R"({"token":"two"})", 2)});
    EXPECT_EQ(deliver("two", 2), "") << "it had been done";
  }
}

TEST_F(vault_sink_alone, signs_one_place_though_another_is_forbidden) {
  open();
  const std::string other = "secret/data/t/zeta";
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  const secret value{"one"};
  const revision what{1, prints_.of("one"), {}};
  vault_.now_on("sys/internal/ui/mounts/secret/t/zeta",
                {200, R"({"data":{"type":"kv","options":{"version":"2"}}})"});
  vault_.now_on(other, {404, never_written});
  vault_.on(other, {200, written(1)});
  ASSERT_TRUE(run(sink_->deliver({{"zeta", labels_}, what, value, {}, {}})));
  vault_.now_on("secret/metadata/t/zeta", {200, R"({"data":{"custom_metadata":null}})"});
  vault_.on("secret/metadata/t/zeta", {204, ""});
  auto tend = [&]() -> task<int> {
    co_await sink_->tend();
    co_return 0;
  };
  start(tend());
  run_until([&] { return vault_.count("secret/metadata/t/zeta") >= 2; });
  stop_all();
  EXPECT_EQ(vault_.count(metadata_path), 1U) << "which was asked first, and is left";
}

TEST_F(vault_sink_alone, changes_nothing_for_who_only_wants_to_know) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  open();
  vault_.now_on(data, {200, holds(R"({"token":"one"})", 1, "null")});
  std::vector<sync::inspection> places{{{"acme", labels_}, present_->sign}};  // as `plan` does
  auto work = [&]() -> task<int> {
    co_await sink_->inspect(places);
    co_return 0;
  };
  run(work());
  EXPECT_EQ(places.front().seen, sync::place_state::as_recorded);
  auto tend = [&]() -> task<int> {
    co_await sink_->tend();
    co_return 0;
  };
  start(tend());
  run_until([&] { return clock_.sleeping() == 2; });
  stop_all();
  EXPECT_EQ(vault_.count(metadata_path), 0U);
}

TEST_F(vault_sink_alone, says_where_a_token_may_be_where_the_mount_can_not_be_looked_up) {
  kind_.version = config::kv_version::v2;
  vault_.now_on(mount, {403, forbidden});
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {204, ""});
  EXPECT_THAT(deliver("one"), HasSubstr("may have been stored at secret/data/t/acme"));
  for (const auto& asked : vault_.asked(data)) EXPECT_THAT(asked, Not(HasSubstr("DELETE ")));
}

TEST_F(vault_sink_alone, signs_what_a_look_shows_to_be_unsigned) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  open();  // killed before it signed
  vault_.now_on(data, {200, holds(R"({"token":"one"})", 1, "null")});
  vault_.on(metadata_path, {200, R"({"data":{"custom_metadata":null}})"});
  vault_.now_on(metadata_path, {200, R"({"data":{"custom_metadata":null}})"});
  vault_.on(metadata_path, {204, ""});
  EXPECT_EQ(look(), sync::place_state::as_recorded);
  auto tend = [&]() -> task<int> {
    co_await sink_->tend();
    co_return 0;
  };
  start(tend());
  run_until([&] { return vault_.count(metadata_path) >= 2; });
  stop_all();
  EXPECT_THAT(vault_.asked(metadata_path), Contains(HasSubstr(R"("generation":"1")")));
}

TEST_F(vault_sink_alone, signs_what_it_could_not_sign_at_first) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  vault_.now_on(metadata_path, {503, R"({"errors":["Vault is sealed"]})"});
  vault_.on(metadata_path, {200, R"({"data":{"custom_metadata":null}})"});
  vault_.on(metadata_path, {204, ""});
  auto tend = [&]() -> task<int> {
    co_await sink_->tend();
    co_return 0;
  };
  start(tend());
  // The login, which never ends, and the signer, which waits.
  run_until([&] { return vault_.count(metadata_path) == 1 && clock_.sleeping() == 2; });
  clock_.advance(2s);
  run_until([&] { return vault_.count(metadata_path) == 3; });
  stop_all();
  EXPECT_THAT(vault_.asked(metadata_path), Contains(HasSubstr(R"("managed_by":"tokensyncd")")));
}

TEST_F(vault_sink_alone, takes_back_what_a_mount_stored_that_was_made_anew_as_version_1) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  vault_.now_on(data, {204, ""});
  vault_.now_on(mount, {200, R"({"data":{"type":"kv","options":{"version":"1"}}})"});
  EXPECT_THAT(deliver("two", 2), HasSubstr("no KV version 2"));
  EXPECT_THAT(vault_.asked(data).back(), HasSubstr("DELETE "));
}

TEST_F(vault_sink_alone, says_where_a_token_is_left_that_it_can_not_take_back) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  vault_.now_on(data, {204, ""});
  vault_.on(data, {403, forbidden});
  vault_.now_on(mount, {200, R"({"data":{"type":"kv","options":{"version":"1"}}})"});
  EXPECT_THAT(deliver("two", 2), HasSubstr("may have been stored at secret/data/t/acme"));
}

TEST_F(vault_sink_alone, deletes_nothing_where_the_mount_is_what_it_was) {
  open();
  vault_.now_on(data, {404, never_written});
  vault_.on(data, {200, written(1)});
  ASSERT_EQ(deliver("one"), "");
  vault_.now_on(data, {204, ""});
  EXPECT_THAT(deliver("two", 2), HasSubstr("no KV version 2"));
  for (const auto& asked : vault_.asked(data)) EXPECT_THAT(asked, Not(HasSubstr("DELETE ")));
}

TEST_F(vault_sink_alone, slows_down_for_writes_that_are_forbidden_though_reads_are_not) {
  kind_.path = "t/{workspace}";
  open();
  for (const auto* id : {"a", "b", "c", "d", "e"}) {
    const std::string path = std::string{"secret/data/t/"} + id;
    vault_.now_on("sys/internal/ui/mounts/secret/t/" + std::string{id},
                  {200, R"({"data":{"type":"kv","options":{"version":"2"}}})"});
    vault_.on(path, {404, never_written});
    vault_.on(path, {403, forbidden});
    const secret value{"one"};
    const revision what{1, prints_.of("one"), {}};
    const sync::order order{{id, labels_}, what, value, {}, {}};
    const auto done = run(sink_->deliver(order));
    ASSERT_FALSE(done);
  }
  EXPECT_EQ(vault_.count("secret/data/t/c"), 2U);
  EXPECT_EQ(vault_.count("secret/data/t/d"), 1U) << "it is read, but no write goes out any more";
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
