#include "metrics/process.hpp"

#include <ctime>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/emulated.hpp"

namespace tokensyncd::metrics {
namespace {

TEST(process_numbers, are_those_of_this_process) {
  const auto metrics = read_process();
  ASSERT_TRUE(metrics);
  if (tests::is_emulated()) GTEST_SKIP() << "qemu-user shows no size of a process";
  EXPECT_GT(metrics->resident_bytes, 1e6);
  EXPECT_GE(metrics->virtual_bytes, metrics->resident_bytes);
  EXPECT_GT(metrics->descriptor_limit, 3);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(metrics->start_time, now + 1);
  EXPECT_GT(metrics->start_time, now - 3600);
}

TEST(process_numbers, count_descriptors_as_they_open) {
  const double before = read_process()->open_descriptors;
  const int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(read_process()->open_descriptors, before + 1);
  ::close(one);
  EXPECT_EQ(read_process()->open_descriptors, before);
}

TEST(process_numbers, keep_the_time_of_the_start) {
  EXPECT_EQ(read_process()->start_time, read_process()->start_time);
}

}  // namespace
}  // namespace tokensyncd::metrics
