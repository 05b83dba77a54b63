#include "daemon/sinks/vault/secret/ownership.hpp"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/sinks/vault/replies.hpp"

namespace tokensyncd::sinks::vault {
namespace {

const config::labels no_labels;
const fingerprinter prints{installation_key{1}};
const payload form{{{"token", "{token}"}, {"workspace_id", "{workspace}"}}};

/// What is found where `fields` is the secret.
found_secret holding(const std::string& fields) {
  auto found = read_secret(
      engine_kind::v2,
      tests::answer(200, R"({"data":{"data":)" + fields + R"(,"metadata":{"version":3}}})"), "v");
  return std::move(found).value();
}

/// What is known, and wanted for the workspace acme: the token `new`.
struct knowledge {
  std::optional<std::string> previous{};
  std::optional<std::string> present{};
  std::optional<std::string> record{};  ///< members in canonical form
};

ownership judge_found(const found_secret& found, const knowledge& known = {}) {
  const revision what{7, prints.of("new"), {}};
  const secret token{"new"};
  sync::delivery_request order{{"acme", no_labels}, what, token, {}, {}};
  if (known.previous) order.previous = prints.of(*known.previous);
  if (known.present) order.present = sync::recorded{prints.of(*known.present), {}};
  known_writes remembered{order, {}};
  if (known.record) remembered.record = digest_of(secret{*known.record}, prints);
  return check_ownership(found, form.render(order.whom, what, token), form, remembered, prints);
}

TEST(ownership_check, is_right_where_it_is_what_is_wanted_in_any_order) {
  EXPECT_EQ(judge_found(holding(R"({"token":"new","workspace_id":"acme"})")), ownership::right);
  EXPECT_EQ(judge_found(holding(R"({"workspace_id":"acme","token":"\u006eew"})")),
            ownership::right);
}

TEST(ownership_check, is_free_where_nothing_is_there_or_it_is_deleted) {
  EXPECT_EQ(judge_found(found_secret{}), ownership::free);
  EXPECT_EQ(judge_found(holding("null")), ownership::free);
}

TEST(ownership_check, is_ours_where_it_holds_a_token_that_we_know) {
  EXPECT_EQ(judge_found(holding(R"({"token":"new"})")), ownership::ours) << "the one wanted";
  EXPECT_EQ(judge_found(holding(R"({"token":"new","workspace_id":"acme","x":1})")),
            ownership::ours);
  EXPECT_EQ(judge_found(holding(R"({"token":"old"})"), {.previous = "old"}), ownership::ours);
  EXPECT_EQ(judge_found(holding(R"({"token":"old"})"), {.present = "old"}), ownership::ours);
}

TEST(ownership_check, is_ours_where_it_is_what_was_recorded) {
  EXPECT_EQ(judge_found(holding(R"({"b":"2","a":"1"})"), {.record = R"({"a":"1","b":"2"})"}),
            ownership::ours);
  EXPECT_EQ(judge_found(holding("{}"), {.record = "{}"}), ownership::ours);
}

TEST(ownership_check, is_unclear_where_nothing_of_it_is_known) {
  const knowledge all{.previous = "old", .present = "older", .record = R"({"a":"1"})"};
  for (const auto* fields :
       {"{}", R"({"token":"strange","workspace_id":"acme"})", R"({"a":"2"})", R"({"a":1})",
        R"({"workspace_id":"acme"})", R"({"x":"new"})", R"({"token":null})", R"({"token":7})",
        R"({"token":["new"]})", R"({"token":""})", R"({"token":"new "})"}) {
    EXPECT_EQ(judge_found(holding(fields), all), ownership::unclear) << fields;
  }
  EXPECT_EQ(judge_found(holding(R"({"token":"old"})")), ownership::unclear) << "without a memory";
}

TEST(ownership_check, goes_by_the_digest_under_the_key_of_the_installation) {
  const fingerprinter others{installation_key{2}};
  const secret members{R"({"a":"1"})"};
  EXPECT_EQ(digest_of(members, prints), digest_of(secret{members.reveal()}, prints));
  EXPECT_NE(digest_of(members, prints), digest_of(members, others));
  EXPECT_NE(digest_of(members, prints), digest_of(secret{R"({"a":"2"})"}, prints));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
