#include "daemon/sinks/vault/secret/metadata.hpp"

#include <optional>
#include <string>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;

constexpr signature ours{"acme-partner", "ws-1", 7};
constexpr auto all_ours =
    R"("managed_by":"tokensyncd","partner":"acme-partner","workspace":"ws-1","generation":"7")";

secret_metadata with(const std::string& custom) {
  return json::parse(R"({"current_version":3,"custom_metadata":)" + custom + R"(,"versions":{}})")
      .as_object();
}

/// What sign() writes as custom metadata; nothing where it writes nothing.
std::optional<json::object> written(const std::string& custom) {
  const auto body = sign(with(custom), ours);
  if (!body) return {};
  const auto all = json::parse(*body).as_object();
  EXPECT_EQ(all.size(), 1U) << "no other setting of the secret's is touched";
  return all.at("custom_metadata").as_object();
}

TEST(sign, names_the_metadatas_version_where_the_server_tells_it) {
  auto told = with("null");
  told["current_metadata_version"] = 4;
  const auto body = sign(told, ours);
  ASSERT_TRUE(body);
  EXPECT_EQ(json::parse(*body).at("metadata_cas"), 4);
}

/// `count` entries of somebody else's.
std::string entries(unsigned count) {
  std::string all;
  for (unsigned i = 0; i < count; ++i)
    all += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + R"(":"v")";
  return all;
}

TEST(owner, is_us_where_partner_and_workspace_are_ours_too) {
  EXPECT_EQ(read_owner(with("{" + std::string{all_ours} + "}"), ours), owner::us);
  EXPECT_EQ(
      read_owner(
          with(
              R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":"ws-1","team":"x"})"),
          ours),
      owner::us)
      << "whatever the generation and the other entries";
}

TEST(owner, is_somebody_else_where_anything_differs) {
  for (const auto* custom :
       {R"({"managed_by":"terraform","partner":"acme-partner","workspace":"ws-1"})",
        R"({"managed_by":"tokensyncd","partner":"other","workspace":"ws-1"})",
        R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":"ws-2"})",
        R"({"managed_by":"tokensyncd","partner":"acme-partner"})",
        R"({"managed_by":"tokensyncd","workspace":"ws-1"})", R"({"managed_by":"tokensyncd"})",
        R"({"managed_by":"Tokensyncd","partner":"acme-partner","workspace":"ws-1"})",
        R"({"managed_by":""})", R"({"managed_by":"tokensyncd","partner":7,"workspace":"ws-1"})",
        R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":["ws-1"]})"}) {
    EXPECT_EQ(read_owner(with(custom), ours), owner::somebody_else) << custom;
  }
}

TEST(owner, is_unsaid_where_nobody_says_it_as_a_text) {
  for (const auto* custom :
       {"null", "{}", "[]", R"("tokensyncd")", R"({"partner":"other"})", R"({"managed_by":null})",
        R"({"managed_by":7})", R"({"managed_by":["tokensyncd"]})"}) {
    EXPECT_EQ(read_owner(with(custom), ours), owner::unsaid) << custom;
  }
  for (const auto* none : {"{}", R"({"current_version":3})", R"({"managed_by":"terraform"})"}) {
    EXPECT_EQ(read_owner(json::parse(none).as_object(), ours), owner::unsaid) << none;
  }
}

TEST(sign, says_who_manages_a_secret_that_has_no_metadata) {
  for (const auto* custom : {"null", "{}"}) {
    const auto now = written(custom);
    ASSERT_TRUE(now);
    EXPECT_EQ(*now, json::parse("{" + std::string{all_ours} + "}").as_object());
  }
}

TEST(sign, keeps_the_entries_of_others) {
  const auto now =
      written(R"({"team":"\u00e4\"\\\n","generation":"6","managed_by":"x","n":[1,{"a":null}]})");
  ASSERT_TRUE(now);
  EXPECT_EQ(*now, json::parse(R"({"team":"\u00e4\"\\\n","n":[1,{"a":null}],)" +
                              std::string{all_ours} + "}")
                      .as_object());
}

TEST(sign, writes_nothing_where_all_is_signed_so_already) {
  EXPECT_FALSE(written("{" + std::string{all_ours} + "}"));
  EXPECT_FALSE(written(R"({"team":"x",)" + std::string{all_ours} + "}"));
}

TEST(sign, writes_where_one_entry_differs_or_is_no_text) {
  for (
      const auto* custom :
      {R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":"ws-1"})",
       R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":"ws-1","generation":"6"})",
       R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":"ws-1","generation":7})",
       R"({"managed_by":"x","partner":"acme-partner","workspace":"ws-1","generation":"7"})",
       R"({"managed_by":"tokensyncd","partner":null,"workspace":"ws-1","generation":"7"})",
       R"({"managed_by":"tokensyncd","partner":"acme-partner","workspace":"","generation":"7"})"}) {
    const auto now = written(custom);
    ASSERT_TRUE(now) << custom;
    EXPECT_EQ(*now, json::parse("{" + std::string{all_ours} + "}").as_object()) << custom;
  }
}

TEST(sign, writes_nothing_where_vault_has_no_custom_metadata) {
  for (const auto* none : {"{}", R"({"cas_required":false,"versions":{}})"}) {
    EXPECT_FALSE(sign(json::parse(none).as_object(), ours)) << none;
  }
}

TEST(sign, fills_all_64_entries_and_no_more) {
  const auto now = written("{" + entries(60) + "}");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->size(), 64U);
  EXPECT_FALSE(written("{" + entries(61) + "}"));
  EXPECT_FALSE(written("{" + entries(64) + "}"));
  EXPECT_TRUE(written("{" + entries(60) + R"(,"managed_by":"x","partner":"x","workspace":"x",)" +
                      R"("generation":"1"})"))
      << "what only changes takes no more room";
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
