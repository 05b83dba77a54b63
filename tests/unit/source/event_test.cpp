#include "daemon/source/event.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

TEST(event, of_a_rotation_names_its_workspace) {
  const auto read = read_event(
      R"({"workspace_id":"acme-\u0073ales","event_type":"api_token:rotated","partner_id":"acme",)"
      R"("triggered_at":"2026-11-23T22:14:05Z","rotated_at":"2026-11-23T22:14:05.123Z"})",
      "acme");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is_rotation);
  EXPECT_EQ(read->workspace, "acme-sales");
}

TEST(event, of_another_type_is_read_and_of_no_use) {
  for (const std::string type :
       {"workspace:seats_full", "workspace:quota_near_full:messaging",
        "workspace:quota_full:messaging", "workspace:quota_full:transactions",
        "workspace:quota_full:api_calls", "whatsapp_account:connected",
        "whatsapp_account:disconnected", "api_token:ROTATED", "something:new", ""}) {
    const auto read = read_event(
        R"({"workspace_id":"ws","event_type":")" + type + R"(","partner_id":"acme"})", "acme");
    ASSERT_TRUE(read) << type;
    EXPECT_FALSE(read->is_rotation) << type;
    EXPECT_TRUE(read->workspace.empty());
  }
}

TEST(event, of_another_type_need_not_say_whose_it_is) {
  EXPECT_TRUE(read_event(R"({"event_type":"workspace:seats_full"})", "acme"));
  EXPECT_TRUE(read_event(R"({"event_type":"workspace:seats_full"})", "acme")->is_ours);
  EXPECT_FALSE(read_event(R"({"event_type":"workspace:seats_full","partner_id":null})", "acme"));
}

TEST(event, of_another_partner_is_told_and_nothing_else_of_it_is_read) {
  for (const std::string type : {"api_token:rotated", "workspace:seats_full"}) {
    const auto read = read_event(
        R"({"workspace_id":"ws","event_type":")" + type + R"(","partner_id":"evil"})", "acme");
    ASSERT_TRUE(read) << type;
    EXPECT_FALSE(read->is_ours) << type;
    EXPECT_FALSE(read->is_rotation) << type;
    EXPECT_EQ(read->workspace, "") << type;
  }
}

TEST(event, may_say_more_than_we_know) {
  EXPECT_TRUE(read_event(R"({"extra":{"workspace_id":"no","list":[1,{}]},"workspace_id":"ws",)"
                         R"("event_type":"api_token:rotated","partner_id":"acme","id":7})",
                         "acme"));
}

TEST(event, that_is_not_whole_is_none) {
  for (
      const std::string_view body :
      {"",
       "null",
       "[]",
       "7",
       R"("api_token:rotated")",
       "{",
       "{}",
       R"({"event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":"","event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":7,"event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":null,"event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":["ws"],"event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":"ws","partner_id":"acme"})",
       R"({"workspace_id":"ws","event_type":7,"partner_id":"acme"})",
       R"({"workspace_id":"ws","event_type":"api_token:rotated"})",
       R"({"workspace_id":"a","workspace_id":"b","event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":"a","event_type":"x","event_type":"api_token:rotated","partner_id":"acme"})",
       R"({"workspace_id":"a","event_type":"api_token:rotated","partner_id":"b","partner_id":"acme"})",
       R"({"workspace_id":"a","event_type":"api_token:rotated","partner_id":"acme","x":1,"x":2})",
       R"({"workspace_id":"a","event_type":"api_token:rotated","partner_id":"acme"} {})",
       "\xEF\xBB\xBF"
       R"({"workspace_id":"a","event_type":"api_token:rotated","partner_id":"acme"})",
       "{\"workspace_id\":\"\xFF\",\"event_type\":\"api_token:rotated\",\"partner_id\":"
       "\"acme\"}"}) {
    EXPECT_FALSE(read_event(body, "acme")) << body;
  }
}

TEST(event, over_16_kib_is_none) {
  const std::string whole =
      R"({"workspace_id":"a","event_type":"api_token:rotated","partner_id":"acme"})";
  EXPECT_TRUE(read_event(whole + std::string(largest_event - whole.size(), ' '), "acme"));
  EXPECT_FALSE(read_event(whole + std::string(largest_event - whole.size() + 1, ' '), "acme"));
}

}  // namespace
}  // namespace tokensyncd::source
