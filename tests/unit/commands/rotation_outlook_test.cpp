#include "daemon/commands/rotate/rotation_outlook.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokensyncd::commands {
namespace {

using namespace control;

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

outlook_line acme() {
  return {"acme",
          7,
          "b81f02d64c9a",
          41 * 24h + 5h,
          {{"files", "file:/run/tokens/acme", true, ""}, {"vault", "vault:acme", false, ""}}};
}

outlook_line obstructed() {
  outlook_line line = acme();
  line.destinations[1].obstacle = "it is sealed";
  return line;
}

TEST(rotation_outlook, comes_back_from_json_as_it_was) {
  for (outlook_line line : {acme(), obstructed(), outlook_line{"new", 0, "", {}, {}}}) {
    const auto back = read_outlook(write_outlook(line));
    ASSERT_TRUE(back);
    EXPECT_EQ(write_outlook(*back), write_outlook(line));
    EXPECT_EQ(back->age, line.age);
    EXPECT_EQ(is_obstructed(*back), is_obstructed(line));
  }
}

TEST(rotation_outlook, what_is_not_one_is_malformed) {
  for (const auto* text : {"", "{}", "[]", R"({"workspace":"a","generation":"x"})"}) {
    const auto got = read_outlook(text);
    ASSERT_FALSE(got) << text;
    EXPECT_THAT(got.error().sentence, HasSubstr("nothing was rotated"));
  }
}

TEST(rotation_outlook, an_age_is_in_the_largest_unit_of_which_there_are_two) {
  EXPECT_EQ(format_age(41 * 24h + 5h), "41 days");
  EXPECT_EQ(format_age(47h), "47 hours");
  EXPECT_EQ(format_age(119min), "119 minutes");
  EXPECT_EQ(format_age(119s), "119 seconds");
  EXPECT_EQ(format_age(-5s), "0 seconds") << "a clock that was set back";
}

TEST(rotation_outlook, the_question_tells_age_destinations_and_their_state) {
  const std::string text =
      render_question({acme(), {"new", 0, "", {}, {}}}, {.only_old_ones = true});
  EXPECT_THAT(text, HasSubstr("acme: generation 7 (b81f02d64c9a), 41 days old\n"
                              "  files (file:/run/tokens/acme): in sync\n"
                              "  vault (vault:acme): not in sync, can be written\n"));
  EXPECT_THAT(text, HasSubstr("new: its token is not known yet\n"));
  EXPECT_THAT(text, HasSubstr("if it is older than --if-older-than"));
  EXPECT_THAT(text, HasSubstr("stops working at once"));
  EXPECT_THAT(text, Not(HasSubstr("will not be rotated")));
  EXPECT_THAT(text, testing::EndsWith("[y/N] "));
}

TEST(rotation_outlook, the_question_says_who_will_be_left_and_why) {
  const std::string text = render_question({acme(), obstructed()}, {});
  EXPECT_THAT(text, HasSubstr("vault (vault:acme): would NOT accept a new token: it is sealed\n"));
  EXPECT_THAT(text, HasSubstr("1 of 2 will not be rotated"));
  EXPECT_THAT(render_question({obstructed()}, {.force = true}),
              Not(HasSubstr("will not be rotated")));
}

TEST(rotation_outlook, lets_nothing_reach_the_terminal_as_a_command) {
  outlook_line line = obstructed();
  line.workspace += "\x1b[2J";
  line.destinations[0].destination += "\x1b[2J";
  line.destinations[1].obstacle += "\x1b[2J";
  EXPECT_THAT(render_question({line}, {}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace tokensyncd::commands
