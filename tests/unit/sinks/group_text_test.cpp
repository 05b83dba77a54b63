// The file of a group, taken apart and put together.
#include "daemon/sinks/file/group/group_text.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::sinks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using entries = std::vector<std::string_view>;

constexpr std::string_view map_entry = "  \"{workspace}\" {token|json};\n";
const config::file_grouping map_frame{"", "map $host $token {\n", "", "}\n"};
constexpr std::string_view json_entry = "  {workspace|json}: {token|json}";
const config::file_grouping json_frame{"", "{\n", ",\n", "\n}\n"};
constexpr std::string_view yaml_entry = "- id: {workspace|json}\n  token: {token|json}\n";
const config::file_grouping yaml_frame{"", "", "\n", ""};

bool fits(std::string_view entry_template, std::string_view workspace, std::string_view entry) {
  return entry_pattern{content{entry_template}, workspace}.fits(entry);
}

TEST(group_text, takes_apart_what_it_put_together) {
  const group_text map{map_frame, map_entry};
  const entries lines{"  \"acme\" \"t1\";\n", "  \"bolt\" \"t2\";\n"};
  const secret text = map.join(lines);
  EXPECT_EQ(text.reveal(), "map $host $token {\n  \"acme\" \"t1\";\n  \"bolt\" \"t2\";\n}\n");
  EXPECT_EQ(map.split(text.reveal()), lines);
}

TEST(group_text, has_separators_between_entries_alone) {
  const group_text json{json_frame, json_entry};
  const entries members{R"(  "acme": "t1")", R"(  "bolt": "t2")"};
  EXPECT_EQ(json.join(members).reveal(), "{\n  \"acme\": \"t1\",\n  \"bolt\": \"t2\"\n}\n");
  EXPECT_EQ(json.split(json.join(members).reveal()), members);
  const group_text yaml{yaml_frame, yaml_entry};
  const entries items{"- id: \"a\"\n  token: \"t\"\n", "- id: \"b\"\n  token: \"u\"\n"};
  EXPECT_EQ(yaml.split(yaml.join(items).reveal()), items) << "an entry ends as the separator does";
}

TEST(group_text, knows_that_a_text_is_another) {
  const group_text json{json_frame, json_entry};
  EXPECT_TRUE(json.split("{\n\n}\n"));
  for (const char* text :
       {"", "{\n", "{\n}\n", "[\n\n}\n", "{\n  \"acme\": \"t\"\n  \"bolt\"\n\n}\n",
        "{\n  \"acme\": \"t\",\n\n}\n"})
    EXPECT_FALSE(json.split(text)) << text;
  const group_text map{map_frame, map_entry};
  EXPECT_FALSE(map.split("map $host $token {\n  \"acme\" \"t\";}\n")) << "a line without its end";
}

TEST(entry_pattern, knows_a_workspace_by_all_but_its_token) {
  EXPECT_TRUE(fits(map_entry, "acme", "  \"acme\" \"any\";\n"));
  EXPECT_FALSE(fits(map_entry, "acm", "  \"acme\" \"any\";\n"));
  EXPECT_FALSE(fits(map_entry, "acmee", "  \"acme\" \"any\";\n"));
  EXPECT_FALSE(fits(map_entry, "acme", "  \"acme\" \"any\"\n"));
  EXPECT_TRUE(fits("{token} {workspace}\n", "acme", "a b acme\n"));
  EXPECT_FALSE(fits("{token} {workspace}\n", "acme", "a bacme\n"));
  EXPECT_TRUE(fits("{rotated_at}|{workspace}|{token}\n", "acme", "|acme|t\n"));
  EXPECT_FALSE(fits("{rotated_at}|{workspace}|{token}\n", "acme", "|bolt|t\n"));
  EXPECT_FALSE(fits("ab{token}ba{workspace}", "acme", "abaacme")) << "what overlaps is too short";
}

TEST(entry_pattern, takes_a_label_for_anything) {
  constexpr std::string_view with_label = "{workspace} {label.team|json} {token}\n";
  EXPECT_TRUE(fits(with_label, "acme", "acme \"red\" t\n"));
  EXPECT_FALSE(fits(with_label, "acme", "acme t\n"));
}

TEST(entry_finder, finds_each_entry_once_in_whatever_order) {
  const content of{map_entry};
  const entries lines{"  \"bolt\" \"1\";\n", "  \"acme\" \"2\";\n", "  \"acme\" \"3\";\n"};
  entry_finder finder{lines};
  EXPECT_EQ(finder.find({of, "acme"}), 1U);
  EXPECT_EQ(finder.find({of, "acme"}), 2U);
  EXPECT_EQ(finder.find({of, "acme"}), std::nullopt);
  EXPECT_EQ(finder.find({of, "bolt"}), 0U);
}

TEST(entry_finder, finds_entries_that_begin_with_a_token) {
  const content of{"{token} {workspace}\n"};
  const entries lines{"1 bolt\n", "2 acme\n"};
  entry_finder finder{lines};
  EXPECT_EQ(finder.find({of, "acme"}), 1U);
  EXPECT_EQ(finder.find({of, "bolt"}), 0U);
  EXPECT_EQ(finder.find({of, "corp"}), std::nullopt);
}

TEST(entry_pattern, of_nobody_fits_what_may_be_anybodys) {
  const entry_pattern anybody{content{map_entry}, std::nullopt};
  EXPECT_TRUE(anybody.fits("  \"acme\" \"any\";\n"));
  EXPECT_FALSE(anybody.fits("acme: any\n"));
}

}  // namespace
}  // namespace tokensyncd::sinks
