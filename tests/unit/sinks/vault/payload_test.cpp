#include "daemon/sinks/vault/secret/payload.hpp"

#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "daemon/sinks/vault/secret/document.hpp"
#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

const config::labels no_labels;
const fingerprinter prints{installation_key{1}};

const payload usual{{{"rotated_at", "{rotated_at}"},
                     {"token", "{token}"},
                     {"url", "https://x/{workspace}?t={token}"},
                     {"workspace_id", "{workspace}"}}};

secret render(const payload& form, const std::string& token,
              const std::string& workspace = "acme") {
  const revision what{7, {}, rotated};
  return form.render({workspace, no_labels}, what, secret{token});
}

/// The canonical form of what Vault answers; nothing where there is none.
std::optional<std::string> canonical_of(std::string_view answer) {
  document read;
  EXPECT_TRUE(read.read(answer)) << answer;
  const auto form = canonical(read.root());
  if (!form) return {};
  return std::string{form->reveal()};
}

TEST(payload, is_rendered_as_one_object_sorted_by_name) {
  EXPECT_EQ(render(usual, "tok").reveal(),
            R"({"rotated_at":"2026-11-23T22:43:05Z","token":"tok","url":"https://x/acme?t=tok",)"
            R"("workspace_id":"acme"})");
}

TEST(payload, quotes_what_json_has_to_quote) {
  const auto whole = render(payload{{{"a\"\\\n", "{token}"}}}, "\"\\/\x01\x1F\x7F<>&\xE2\x80\xA8");
  EXPECT_EQ(whole.reveal(),
            "{\"a\\\"\\\\\\u000a\":\"\\\"\\\\/\\u0001\\u001f\x7F<>&\xE2\x80\xA8\"}");
  const auto read = json::parse(whole.reveal()).as_object();
  EXPECT_EQ(read.at("a\"\\\n").as_string(), "\"\\/\x01\x1F\x7F<>&\xE2\x80\xA8");
}

TEST(payload, is_an_object_also_without_members) {
  EXPECT_EQ(render(payload{{}}, "tok").reveal(), "{}");
}

TEST(payload, takes_no_template_that_is_none) {
  EXPECT_THROW((payload{{{"token", "{tokn}"}}}), std::invalid_argument);
  EXPECT_THROW((payload{{{"token", "{token"}}}), std::invalid_argument);
}

TEST(canonical_form, equals_what_was_written_however_vault_gives_it_back) {
  const payload form{{{"A", "x"}, {"a\tb", "1"}, {"token", "{token}"}, {"\xC3\xA4", "2"}}};
  const std::string wanted{render(form, "<\xF0\x9F\x94\x91&\"\\>\xE2\x80\xA8").reveal()};
  // As Go writes it, with other escapes, and in another order.
  EXPECT_EQ(
      canonical_of("{\"A\":\"x\",\"a\\tb\":\"1\",\"token\":"
                   "\"\\u003c\xF0\x9F\x94\x91\\u0026\\\"\\\\\\u003e\\u2028\",\"\xC3\xA4\":\"2\"}"),
      wanted);
  EXPECT_EQ(canonical_of(
                R"( {"\u00e4" :"\u0032", "token":"\u003C\uD83D\udd11\u0026\u0022\u005c>\u2028", )"
                R"("a\u0009b":"1","\u0041":"x"} )"),
            wanted);
}

TEST(canonical_form, differs_where_anything_differs) {
  const std::string wanted{render(payload{{{"a", "1"}, {"token", "{token}"}}}, "tok").reveal()};
  EXPECT_EQ(canonical_of(R"({"token":"tok","a":"1"})"), wanted);
  for (const auto* other :
       {R"({"token":"tok"})", R"({"token":"tok","a":"1","b":""})", R"({"token":"tok","a":"2"})",
        R"({"token":"tok ","a":"1"})", R"({"token":"Tok","a":"1"})", R"({"Token":"tok","a":"1"})",
        R"({"token":"1","a":"tok"})", R"({"token":"tok\u0000","a":"1"})", "{}",
        R"({"token":"tok\",\"a\":\"1"})"}) {
    EXPECT_NE(canonical_of(other), wanted) << other;
  }
}

TEST(canonical_form, is_none_where_a_member_is_no_text) {
  for (const auto* value : {"1", "null", "true", "[]", R"({"a":"b"})", "1.5"})
    EXPECT_FALSE(canonical_of(R"({"token":"tok","x":)" + std::string{value} + "}")) << value;
  EXPECT_EQ(canonical_of("{}"), "{}");
}

TEST(token_in, is_the_member_that_is_the_token_and_nothing_else) {
  document read;
  ASSERT_TRUE(read.read(R"({"token":"tok","url":"https://x/acme?t=other","x":1})"));
  EXPECT_EQ(usual.token_in(read.root(), prints), prints.of("tok"));
  const payload embedded{{{"url", "https://x/?t={token}"}, {"quoted", "{token|json}"}}};
  EXPECT_FALSE(embedded.token_in(read.root(), prints)) << "no member is the token alone";
}

TEST(token_in, is_none_where_that_member_is_missing_or_no_text) {
  for (const auto* fields :
       {"{}", R"({"Token":"tok"})", R"({"token":null})", R"({"token":["tok"]})"}) {
    document read;
    ASSERT_TRUE(read.read(fields));
    EXPECT_FALSE(usual.token_in(read.root(), prints)) << fields;
  }
}

bool is_signed(const payload& form, std::string_view fields) {
  document read;
  EXPECT_TRUE(read.read(fields)) << fields;
  return form.is_signed_for(read.root(), "acme");
}

TEST(is_signed_for, goes_by_all_names_and_the_workspace) {
  EXPECT_TRUE(is_signed(usual, R"({"workspace_id":"acme","token":"","url":"u","rotated_at":""})"));
  for (const auto* fields :
       {R"({"workspace_id":"other","token":"","url":"u","rotated_at":""})",
        R"({"workspace_id":"acme","token":"","url":"u"})",
        R"({"workspace_id":"acme","token":"","url":"u","rotated_at":"","x":"y"})",
        R"({"workspace_id":"acme","token":"","url":"u","rotated":""})",
        R"({"workspace_id":"acme","token":"","url":"u","rotated_at":null})",
        R"({"workspace_id":["acme"],"token":"","url":"u","rotated_at":""})", "{}"}) {
    EXPECT_FALSE(is_signed(usual, fields)) << fields;
  }
}

TEST(is_signed_for, is_false_where_no_member_is_the_workspace) {
  EXPECT_FALSE(is_signed(payload{{{"token", "{token}"}}}, R"({"token":"tok"})"));
  EXPECT_FALSE(is_signed(payload{{{"w", "id:{workspace}"}}}, R"({"w":"id:acme"})"));
  EXPECT_FALSE(is_signed(payload{{}}, "{}"));
  EXPECT_FALSE(is_signed(payload{{{"a", "{workspace}"}, {"b", "{workspace}"}}},
                         R"({"a":"acme","b":"other"})"));
}

TEST(shape, follows_names_templates_and_labels_but_no_revision) {
  const config::labels labels{{"env", "prod"}};
  const config::labels others{{"env", "test"}};
  const sync::target whom{"acme", labels};
  const payload form{{{"a", "{label.env}"}, {"b", "{token}"}}};
  EXPECT_EQ(form.shape(whom), (payload{{{"a", "{label.env}"}, {"b", "{token}"}}}.shape(whom)));
  EXPECT_NE(form.shape(whom), form.shape({"acme", others}));
  EXPECT_NE(form.shape(whom), (payload{{{"a", "{label.env}"}, {"c", "{token}"}}}.shape(whom)));
  EXPECT_NE(form.shape(whom), (payload{{{"a", "{label.env}"}, {"b", "x{token}"}}}.shape(whom)));
  EXPECT_NE(form.shape(whom), (payload{{{"a", "{label.env}"}}}.shape(whom)));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
