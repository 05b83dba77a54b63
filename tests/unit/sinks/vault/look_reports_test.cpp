#include "daemon/sinks/vault/look_reports.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

TEST(look_reports, reports_each_cause_once_an_hour) {
  look_reports reports;
  EXPECT_TRUE(reports.failed(cause::forbidden, start));
  EXPECT_FALSE(reports.failed(cause::forbidden, start + 1h - 1ns));
  EXPECT_TRUE(reports.failed(cause::sealed, start + 1s)) << "another cause";
  EXPECT_TRUE(reports.failed(cause::forbidden, start + 1h));
  EXPECT_FALSE(reports.failed(cause::forbidden, start + 1h + 1s));
}

TEST(look_reports, knows_whether_the_last_look_missed_a_destination) {
  look_reports reports;
  EXPECT_FALSE(reports.has_failed());
  reports.begin();
  reports.failed(cause::forbidden, start);
  EXPECT_TRUE(reports.has_failed());
  reports.failed(cause::forbidden, start);
  EXPECT_TRUE(reports.has_failed()) << "also where it isn't reported";
  reports.begin();
  EXPECT_FALSE(reports.has_failed());
}

TEST(look_reports, reports_a_loss_once_in_60_s) {
  look_reports reports;
  EXPECT_TRUE(reports.suspects_loss(start));
  EXPECT_FALSE(reports.suspects_loss(start + 60s - 1ns));
  EXPECT_TRUE(reports.suspects_loss(start + 60s));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
