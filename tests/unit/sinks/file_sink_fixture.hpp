#pragma once

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sink_desk.hpp"

namespace tokensyncd::sinks {

/// A file sink with a directory of its own.
class a_file_sink : public testing::Test, protected tests::sink_desk {
 protected:
  void expect_delivered(const result<sync::delivered>& outcome, sync::write_result how) {
    ASSERT_TRUE(outcome) << outcome.error().sentence;
    EXPECT_EQ(outcome->how, how);
  }
  void expect_refused(const result<sync::delivered>& outcome, failure_kind kind,
                      const std::string& words) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, kind);
    EXPECT_THAT(outcome.error().sentence, testing::HasSubstr(words));
    EXPECT_THAT(outcome.error().sentence, testing::Not(testing::HasSubstr("s3cret")));
  }
};

}  // namespace tokensyncd::sinks
