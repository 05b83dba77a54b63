#include "daemon/runtime/log/log_encode.hpp"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

const wall_time moment = *parse_rfc3339("2026-11-23T22:14:05.123456Z");

log_record record(const std::vector<log_field>& fields) {
  return {log_level::info, "token.rotated", "The token of 'acme' was rotated.", fields};
}

TEST(log_text, is_a_time_a_level_an_event_a_sentence_and_fields) {
  const std::vector<log_field> fields{{"workspace", "acme"}, {"generation", 3U}, {"ok", true}};
  EXPECT_EQ(encode_text(record(fields), moment, false),
            "2026-11-23T22:14:05.123Z INFO  token.rotated: The token of 'acme' was rotated. "
            "workspace=acme generation=3 ok=true");
}

TEST(log_text, quotes_values_that_could_be_taken_for_something_else) {
  const std::vector<log_field> fields{{"a", "two words"}, {"b", ""}, {"c", "x=y"}, {"d", "q\"q"}};
  EXPECT_TRUE(encode_text(record(fields), moment, false)
                  .ends_with(R"( a="two words" b="" c="x=y" d="q\"q")"));
}

TEST(log_text, no_field_breaks_the_line_or_colours_it) {
  const std::vector<log_field> fields{{"workspace", "acme\n2026 ERROR forged: x\x1b[2J"}};
  const log_record what{log_level::error, "source.failed", "Bad\nnews\x1b[0m.", fields};
  const std::string line = encode_text(what, moment, false);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_NE(line.find("acme\\n2026"), std::string::npos);
}

TEST(log_text, has_colours_only_when_asked_for) {
  EXPECT_NE(encode_text(record({}), moment, true).find("\x1b[32m"), std::string::npos);
  EXPECT_EQ(encode_text(record({}), moment, false).find('\x1b'), std::string::npos);
}

TEST(log_text, a_long_id_is_cut) {
  const std::string id(100'000, 'x');
  const std::vector<log_field> fields{{"workspace", id}};
  EXPECT_LT(encode_text(record(fields), moment, false).size(), 1'000U);
  EXPECT_LT(encode_json(record(fields), moment).size(), 1'000U);
  EXPECT_LT(encode_journal(record(fields)).size(), 1'000U);
}

TEST(log_json, is_one_object_with_typed_fields) {
  const std::vector<log_field> fields{
      {"workspace", "a\"b\n"}, {"generation", 3U}, {"left", -1}, {"ms", 1.5}, {"ok", false}};
  EXPECT_EQ(encode_json(record(fields), moment),
            R"({"time":"2026-11-23T22:14:05.123456Z","level":"info","event":"token.rotated",)"
            R"("message":"The token of 'acme' was rotated.","workspace":"a\"b\n","generation":3,)"
            R"("left":-1,"ms":1.5,"ok":false})");
}

TEST(log_json, has_no_number_that_json_has_not) {
  const std::vector<log_field> fields{{"n", std::numeric_limits<double>::infinity()}};
  EXPECT_TRUE(encode_json(record(fields), moment).ends_with(R"("n":null})"));
}

TEST(log_json, is_utf8_even_where_a_cut_splits_a_character) {
  const std::string id = std::string(511, 'x') + "é";
  const std::vector<log_field> fields{{"workspace", id}, {"bytes", "\xff"}};
  const std::string line = encode_json(record(fields), moment);
  EXPECT_NE(line.find("x\xEF\xBF\xBD\""), std::string::npos);
  EXPECT_NE(line.find("\"bytes\":\"\xEF\xBF\xBD\""), std::string::npos);
}

TEST(log_journal, keeps_each_field_apart_with_its_priority) {
  const std::vector<log_field> fields{{"workspace", "acme\nPRIORITY=0"}, {"retry_in_ms", 5}};
  const log_record what{log_level::warning, "source.failed", "No answer.", fields};
  std::string expected;
  for (const char* part : {"MESSAGE=No answer.", "PRIORITY=4", "SYSLOG_IDENTIFIER=tokensyncd",
                           "TOKENSYNCD_EVENT=source.failed",
                           "TOKENSYNCD_WORKSPACE=acme\\nPRIORITY=0", "TOKENSYNCD_RETRY_IN_MS=5"}) {
    expected.append(part).push_back('\0');
  }
  EXPECT_EQ(encode_journal(what), expected);
}

}  // namespace
}  // namespace tokensyncd
