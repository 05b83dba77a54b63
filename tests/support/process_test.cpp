#include "tests/support/process.hpp"

#include <csignal>
#include <stdexcept>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace tokensyncd::tests {
namespace {

TEST(process, keeps_both_outputs_and_the_exit_code) {
  process child{{.path = "/bin/sh", .arguments = {"-c", "echo out; echo bad >&2; exit 3"}}};
  EXPECT_EQ(child.wait_for_line("out"), "out");
  EXPECT_EQ(child.wait(), 3);
  EXPECT_EQ(child.output(), "out\n");
  EXPECT_EQ(child.errors(), "bad\n");
}

TEST(process, ends_by_a_signal) {
  process child{{.path = "/bin/sleep", .arguments = {"60"}}};
  EXPECT_TRUE(child.is_running());
  EXPECT_GT(child.anonymous_kib(), 0U);
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 128 + SIGTERM);
  EXPECT_FALSE(child.is_running());
}

TEST(process, that_must_end_well_fails_the_test_unless_it_ends_with_0) {
  process bad{{.path = "/bin/sleep", .arguments = {"60"}}};
  EXPECT_NONFATAL_FAILURE(bad.end_well(), "ended with 143");
  EXPECT_FALSE(bad.is_running());
  process good{{.path = "/bin/sh", .arguments = {"-c", "echo done"}}};
  good.wait_for_line("done");
  EXPECT_EQ(good.wait(), 0);
  good.end_well();
}

TEST(process, says_what_it_said_when_the_expected_line_never_comes) {
  process child{{.path = "/bin/echo", .arguments = {"something else"}}};
  EXPECT_THROW(child.wait_for_line("ready"), std::runtime_error);
}

}  // namespace
}  // namespace tokensyncd::tests
