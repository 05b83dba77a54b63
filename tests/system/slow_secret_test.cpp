#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/support/process.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

/// A daemon, with its token delivered, whose Partner Secret can't be opened any more.
class a_secret_whose_disk_hangs : public system_test {
 protected:
  void SetUp() override {
    system_test::SetUp();
    EXPECT_EQ(daemon_.stop(), 0);
    auto options = daemon_.options();
    // The end is looked at while strace is attached.
    options.environment["ASAN_OPTIONS"] = "detect_leaks=0";
    daemon_.configure(options);
    daemon_.start();
    if (!hang()) GTEST_SKIP() << "strace can't delay calls here";
  }

  void let_go() {
    disk_->signal(SIGTERM);
    (void)disk_->wait();
  }

 private:
  bool hang() {
    disk_.emplace(program{"/usr/bin/strace",
                          {"-f", "-o", "/dev/null", "-p", std::to_string(daemon_.running().id()),
                           "-P", daemon_.secret_file().string(), "-e", "trace=openat", "-e",
                           "inject=openat:delay_enter=120s"}});
    try {
      (void)disk_->wait_for_line(" attached");
    } catch (const std::runtime_error&) {
      return false;
    }
    return true;
  }

  std::optional<process> disk_;
};

TEST_F(a_secret_whose_disk_hangs, stops_no_poll_no_delivery_no_probe_and_no_end) {
  write_file(daemon_.secret_file(), read_file(daemon_.secret_file()));
  EXPECT_TRUE(daemon_.says("the file system has not answered for 10 s"));
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
  daemon_.running().signal(SIGTERM);
  daemon_.running().wait_for_line("daemon.stopped");
  let_go();
  EXPECT_EQ(daemon_.running().wait(), 0);
}

}  // namespace
}  // namespace tokensyncd::tests
