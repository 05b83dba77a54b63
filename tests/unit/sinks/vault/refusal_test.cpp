#include "daemon/sinks/vault/server/refusal.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/sinks/vault/replies.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using kind = failure_kind;
using tests::answer;
using tests::error;

constexpr auto cas_text = "check-and-set parameter did not match the current version";
constexpr auto upgrading_text =
    "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief "
    "period and will resume service shortly.";
/// Of a standby, as OpenBao 2.7.2 says it.
constexpr auto primary_upgrading_text =
    "Waiting for the primary to upgrade from non-versioned to versioned data. This backend will be "
    "unavailable for a brief period and will resume service when the primary is finished.";
constexpr auto wrong_path_text =
    R"({"data":null,"warnings":["Invalid path for a versioned K/V secrets engine. See the API docs."]})";

std::optional<trouble> refuse(const reply& from,
                              std::optional<std::chrono::milliseconds> retry_after = {}) {
  return read_refusal(from, "vault.example", retry_after);
}

void expect(const reply& from, cause why, kind what) {
  const auto refused = refuse(from);
  ASSERT_TRUE(refused) << from.status;
  EXPECT_EQ(refused->why, why) << from.status;
  EXPECT_EQ(refused->what.kind, what) << from.status;
  EXPECT_FALSE(refused->wait);
}

TEST(refusal, is_none_for_a_success) {
  for (const unsigned status : {200U, 201U, 204U, 299U}) {
    EXPECT_FALSE(refuse(answer(status, "")));
    EXPECT_FALSE(refuse(error(status, "Vault is sealed")));
  }
}

TEST(refusal, tells_a_changed_version_from_other_400s) {
  expect(error(400, cas_text), cause::changed, kind::busy);
  for (const auto* text : {"check-and-set parameter required for this call", "no data provided",
                           "error parsing JSON", "missing client token", "invalid secret id", ""})
    expect(error(400, text), cause::refused, kind::invalid);
}

TEST(refusal, names_what_is_wrong_with_metadata_namespaces_and_leaders) {
  expect(error(400, "metadata check-and-set parameter does not match the current version"),
         cause::changed, kind::busy);
  expect(error(400, "metadata check-and-set parameter required for this call"), cause::refused,
         kind::invalid);
  expect(error(404, "namespace not found"), cause::unknown_namespace, kind::missing_place);
  expect(error(500, "local node not active but active cluster node not found"), cause::no_active,
         kind::server_error);
}

TEST(refusal, takes_a_429_without_a_word_for_a_node_that_lags_behind) {
  expect(answer(429, R"({"errors":[]})"), cause::not_yet, kind::busy);
  for (const auto* quota : {"", "{}", R"({"errors":null})", "<html>slow down</html>"})
    expect(answer(429, quota), cause::quota, kind::throttled);
}

TEST(refusal, waits_for_a_mount_that_is_upgraded) {
  expect(error(400, upgrading_text), cause::upgrading, kind::busy);
  expect(error(400, primary_upgrading_text), cause::upgrading, kind::busy);
}

TEST(refusal, finds_its_text_wherever_in_the_list_it_stands) {
  const std::string several = std::string{R"({"errors":["other",7,null,"* )"} + cas_text + R"("]})";
  expect(answer(400, several), cause::changed, kind::busy);
}

TEST(refusal, takes_every_403_as_forbidden) {
  for (const auto* text : {"permission denied", "1 error occurred:\\n\\t* permission denied\\n\\n",
                           "preflight capability check returned 403", ""})
    expect(error(403, text), cause::forbidden, kind::no_permission);
}

TEST(refusal, knows_the_four_meanings_of_404) {
  expect(answer(404, R"({"errors":[]})"), cause::nothing, kind::missing_place);
  expect(error(404, "no handler for route 'nope/data/ws-1'"), cause::unknown_mount,
         kind::missing_place);
  expect(answer(404, wrong_path_text), cause::wrong_kind, kind::wrong_place);
  EXPECT_FALSE(
      refuse(answer(404, R"({"data":{"data":null,"metadata":{"version":3}},"errors":null})")));
}

TEST(refusal, takes_no_other_404_for_never_written) {
  for (const auto* body : {"", "{}", "<html>", R"({"errors":null})", R"({"errors":{}})",
                           R"({"errors":"none"})", R"({"errors":["unsupported path"]})"})
    expect(answer(404, body), cause::malformed, kind::malformed);
}

TEST(refusal, is_told_of_a_rate_limit_with_how_long_to_wait) {
  const auto quota = error(429, R"(request path \"kv1/ws-1\": rate limit quota exceeded)");
  expect(quota, cause::quota, kind::throttled);
  EXPECT_EQ(refuse(quota, 7s)->wait, 7s);
  EXPECT_EQ(refuse(quota, 0s)->wait, 0s);
  EXPECT_FALSE(refuse(error(503, "Vault is sealed"), 7s)->wait) << "only a quota is waited for";
}

TEST(refusal, tells_a_sealed_vault_from_one_without_an_active_node) {
  expect(error(503, "Vault is sealed"), cause::sealed, kind::server_error);
  expect(error(503, "error performing token check: Vault is sealed"), cause::sealed,
         kind::server_error);
  for (const auto* text : {"local node not active but active cluster node not found", ""})
    expect(error(503, text), cause::no_active, kind::server_error);
}

TEST(refusal, goes_by_the_status_alone_where_the_body_says_nothing) {
  const std::string huge(300'000, 'x');
  const std::vector<std::string> bodies{"",
                                        "<html>canary</html>",
                                        huge,
                                        R"({"errors":[")" + huge + R"("]})",
                                        "[]",
                                        R"("errors")",
                                        "{}",
                                        R"({"errors":"Vault is sealed"})",
                                        R"({"errors":{"0":"Vault is sealed"}})",
                                        R"({"errors":[["Vault is sealed"],{"a":"is sealed"},5]})",
                                        R"({"errors":null,"warnings":"versioned K/V"})",
                                        R"({"warnings":["is sealed"],"data":null})",
                                        R"({"errors":["versioned K/V"],"data":[]})"};
  struct row {
    unsigned status;
    cause why;
    kind what;
  };
  for (const auto& [status, why, what] :
       std::vector<row>{{300, cause::malformed, kind::malformed},
                        {301, cause::malformed, kind::malformed},
                        {307, cause::malformed, kind::malformed},
                        {399, cause::malformed, kind::malformed},
                        {400, cause::refused, kind::invalid},
                        {401, cause::malformed, kind::malformed},
                        {403, cause::forbidden, kind::no_permission},
                        {404, cause::malformed, kind::malformed},
                        {405, cause::wrong_kind, kind::wrong_place},
                        {412, cause::not_yet, kind::busy},
                        {413, cause::refused, kind::too_large},
                        {418, cause::malformed, kind::malformed},
                        {429, cause::quota, kind::throttled},
                        {472, cause::malformed, kind::malformed},
                        {500, cause::broken, kind::server_error},
                        {502, cause::broken, kind::server_error},
                        {503, cause::no_active, kind::server_error},
                        {599, cause::broken, kind::server_error}}) {
    for (const std::string& body : bodies) expect(answer(status, body), why, what);
  }
}

TEST(refusal, names_the_server_and_quotes_nothing_of_its_answer) {
  const std::vector<std::string> bodies{
      R"({"errors":["canary"],"warnings":["canary"],"canary":"canary","data":"canary"})",
      std::string{R"({"errors":["canary )"} + cas_text + R"( canary"]})",
      std::string{R"({"errors":["canary )"} + upgrading_text + R"("]})",
      R"({"errors":["canary no handler for route 'canary'"]})",
      R"({"warnings":["canary versioned K/V canary"]})",
      R"({"errors":["canary: Vault is sealed"]})"};
  for (unsigned status = 300; status < 600; ++status) {
    for (const std::string& body : bodies) {
      const auto refused = refuse(answer(status, body), 1s);
      ASSERT_TRUE(refused);
      const std::string& sentence = refused->what.sentence;
      EXPECT_EQ(sentence.find("canary"), std::string::npos) << sentence;
      EXPECT_EQ(sentence.find("Vault at vault.example "), 0U) << sentence;
    }
  }
}

TEST(refusal, can_be_said_about_a_place) {
  const auto said = about("secret/acme", *refuse(error(403, "permission denied")));
  EXPECT_EQ(said.kind, kind::no_permission);
  EXPECT_EQ(said.sentence.find("secret/acme: Vault at vault.example forbids it"), 0U)
      << said.sentence;
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
