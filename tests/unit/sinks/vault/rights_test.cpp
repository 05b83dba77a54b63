#include "daemon/sinks/vault/rights.hpp"

#include <chrono>
#include <string>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using action = missing_rights_watch::action;
using ::testing::ElementsAre;
using ::testing::SizeIs;

boost::json::object answer(const std::string& rights) {
  return boost::json::parse(R"({"data":{"p":)" + rights + "}}").as_object();
}

TEST(missing_rights_watch, asks_after_5_s_then_15_s_then_each_60_s) {
  missing_rights_watch now;
  EXPECT_EQ(now.next(), steady_time::max());
  now.forbidden("p", action::read, start);
  const auto denied = answer(R"(["deny"])");
  steady_time time = start;
  for (const auto pause : {5s, 15s, 60s, 60s, 60s}) {
    EXPECT_EQ(now.next(), time + pause);
    time = now.next();
    EXPECT_FALSE(now.answered(&denied, time));
    now.forbidden("p", action::read, time + 1s);
  }
}

TEST(missing_rights_watch, sees_a_right_that_came_back) {
  missing_rights_watch now;
  now.forbidden("p", action::read, start);
  const auto granted = answer(R"(["read"])");
  EXPECT_TRUE(now.answered(&granted, start));
  const auto root = answer(R"(["root"])");
  EXPECT_TRUE(now.answered(&root, start));
}

TEST(missing_rights_watch, takes_any_change_of_the_rights_to_write_for_hope) {
  missing_rights_watch now;
  now.forbidden("p", action::write, start);
  const auto create = answer(R"(["create","read"])");
  EXPECT_FALSE(now.answered(&create, start)) << "what is there may need update";
  EXPECT_FALSE(now.answered(&create, start));
  const auto update = answer(R"(["read","update"])");
  EXPECT_TRUE(now.answered(&update, start));
}

TEST(missing_rights_watch, has_the_calls_tried_where_it_may_not_ask) {
  missing_rights_watch now;
  now.forbidden("p", action::read, start);
  EXPECT_TRUE(now.answered(nullptr, start + 5s));
  EXPECT_EQ(now.next(), start + 20s) << "no sooner for that";
}

TEST(missing_rights_watch, ends_when_all_of_it_is_granted) {
  missing_rights_watch now;
  now.forbidden("p", action::read, start);
  now.forbidden("q", action::write, start);
  EXPECT_THAT(now.paths(), ElementsAre("p", "q"));
  now.granted("p");
  EXPECT_NE(now.next(), steady_time::max());
  now.granted("q");
  EXPECT_EQ(now.next(), steady_time::max());
  now.forbidden("p", action::read, start);
  EXPECT_EQ(now.next(), start + 5s) << "it begins anew";
}

TEST(missing_rights_watch, asks_about_a_hundred_paths_at_most) {
  missing_rights_watch now;
  for (int i = 0; i < 1000; ++i) now.forbidden("p" + std::to_string(i), action::read, start);
  EXPECT_THAT(now.paths(), SizeIs(100));
}

TEST(missing_rights_watch, forgets_what_nobody_has_wanted_for_two_hours) {
  missing_rights_watch now;
  const boost::json::object nothing;
  now.forbidden("left", action::read, start);
  now.forbidden("stays", action::read, start);
  now.forbidden("stays", action::read, start + 2h);
  EXPECT_FALSE(now.answered(&nothing, start + 2h + 1s));
  EXPECT_EQ(now.paths(), (std::vector<std::string>{"stays"}));
  EXPECT_FALSE(now.answered(&nothing, start + 5h));
  EXPECT_EQ(now.next(), steady_time::max());
  EXPECT_FALSE(now.may_need_a_login());
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
