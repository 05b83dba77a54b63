// What the sink delivers and keeps, beside a server that says what no real one says at will.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/vault/sink_fixture.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::scripted_vault;

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
  EXPECT_THAT(deliver("one"), HasSubstr("the login failed"));
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

TEST_F(vault_sink_alone, believes_what_a_read_tells_of_the_owner) {
  kind_.data = {{"token", "{token}"}, {"workspace_id", "{workspace}"}};
  open();
  vault_.now_on(data, {200, holds(R"({"token":"theirs","workspace_id":"acme"})", 3,
                                  R"({"managed_by":"somebody"})")});
  EXPECT_THAT(deliver("two"), HasSubstr("did not write"));
  EXPECT_EQ(vault_.count(metadata_path), 0U) << "no further call is needed";
}

TEST_F(vault_sink_alone, looks_before_it_writes_where_a_look_has_shown_something_else) {
  write_first();
  // Deleted with all its versions, and written once by somebody else: version 1 again.
  vault_.now_on(data, {200, holds(R"({"token":"theirs"})", 1)});
  EXPECT_EQ(look(), sync::destination_state::drifted);
  present_->drifted = true;
  EXPECT_THAT(deliver("two", 2), HasSubstr("did not write"));
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
    vault_.now_on(std::string{"secret/delete/t/"} + id, {403, forbidden});
    const sync::target whom{id, labels_};
    auto work = [&]() -> task<bool> {
      const auto gone = co_await sink_->withdraw(whom, present_->tag);
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
    write_first();
    vault_.now_on(data, scene);
    vault_.on(data, {200, holds(R"({"token":"two"})", 2)});
    EXPECT_EQ(deliver("two", 2), "") << "it had been done";
  }
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

TEST_F(vault_sink_alone, takes_back_what_a_mount_stored_that_was_made_anew_as_version_1) {
  write_first();
  vault_.now_on(data, {204, ""});
  vault_.now_on(mount, {200, R"({"data":{"type":"kv","options":{"version":"1"}}})"});
  EXPECT_THAT(deliver("two", 2), HasSubstr("not KV version 2"));
  EXPECT_THAT(vault_.asked(data).back(), HasSubstr("DELETE "));
}

TEST_F(vault_sink_alone, says_where_a_token_is_left_that_it_can_not_take_back) {
  write_first();
  vault_.now_on(data, {204, ""});
  vault_.on(data, {403, forbidden});
  vault_.now_on(mount, {200, R"({"data":{"type":"kv","options":{"version":"1"}}})"});
  EXPECT_THAT(deliver("two", 2), HasSubstr("may have been stored at secret/data/t/acme"));
}

TEST_F(vault_sink_alone, deletes_nothing_where_the_mount_is_what_it_was) {
  write_first();
  vault_.now_on(data, {204, ""});
  EXPECT_THAT(deliver("two", 2), HasSubstr("not KV version 2"));
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
    const sync::delivery_request order{{id, labels_}, what, value, {}, {}};
    const auto done = run(sink_->deliver(order));
    ASSERT_FALSE(done);
  }
  EXPECT_EQ(vault_.count("secret/data/t/c"), 2U);
  EXPECT_EQ(vault_.count("secret/data/t/d"), 1U) << "it is read, but no write goes out any more";
}

TEST_F(vault_sink_alone, has_the_same_canonical_location_by_whatever_address) {
  const sync::target acme{"acme", labels_};
  const std::string destination = open().destination(acme);
  const std::string canonical_location = sink_->canonical_location(acme);
  kind_.addresses = {"http://127.0.0.1:1"};
  EXPECT_NE(open().destination(acme), destination);
  EXPECT_EQ(sink_->canonical_location(acme), canonical_location);
  kind_.name_space = "team-a";
  EXPECT_NE(open().canonical_location(acme), canonical_location);
}

TEST_F(vault_sink_alone, reaches_places_of_other_paths_on_its_server_and_mount_alone) {
  const sync::target acme{"acme", labels_};
  kind_.name_space = "team-a";
  const std::string destination = open().destination(acme);
  const std::string canonical_location = sink_->canonical_location(acme);
  kind_.path = "elsewhere/{workspace}";
  EXPECT_NE(open().destination(acme), destination);
  EXPECT_TRUE(sink_->reaches(destination));
  EXPECT_EQ(sink_->canonical_location_at(destination), canonical_location);
  kind_.mount = "other";
  EXPECT_FALSE(open().reaches(destination));
  kind_.mount = "secret";
  kind_.name_space.clear();
  EXPECT_FALSE(open().reaches(destination));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
