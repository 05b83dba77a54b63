// What a parent, a limit or a shortage does to the daemon.
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>

#include "tests/support/blocking_socket.hpp"
#include "tests/support/emulated.hpp"
#include "tests/support/files.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/http_call.hpp"
#include "tests/support/strace.hpp"
#include "tests/support/vendor_event.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What sets limits of a shell before it becomes the program.
std::vector<std::string> with_limit(const std::string& what) {
  return {"/bin/sh", "-c", "ulimit " + what + "; exec \"$@\"", "sh"};
}

/// What has calls that start a thread or a process fail from the n-th of each thread on.
std::vector<std::string> without_tasks(int n) {
  return with_tampered("clone,clone3,vfork", "error=EAGAIN:when=" + std::to_string(n) + "+");
}

class limits_test : public system_test {
 protected:
  void SetUp() override {
    system_test::SetUp();
    EXPECT_EQ(daemon_.stop(), 0);
  }

  /// Has acme's token handed to a program that ends so, besides its file.
  void hand_over_to(const std::string& command) {
    auto options = daemon_.options();
    options.sinks_more = "program: {type: exec, command: [" + command + "]}\n";
    options.more = "workspace_defaults: {sinks: [files, program]}\n";
    daemon_.configure(options);
  }
};

TEST_F(limits_test, a_parent_that_ignores_and_blocks_signals_changes_nothing) {
  hand_over_to("/bin/true");
  daemon_.start({"/usr/bin/env", "--ignore-signal=CHLD", "--block-signal=TERM"});
  EXPECT_TRUE(eventually([this] { return daemon_.is_ready(); }))
      << "how a program ended is known: " << daemon_.all_output();
  EXPECT_EQ(daemon_.stop(), 0) << "SIGTERM is heard";
}

TEST_F(limits_test, a_file_over_its_limit_is_an_error_and_no_end) {
  daemon_.start(with_limit("-f 16"));
  for (int i = 0; i < 8; ++i) {
    api_.rotate("acme");
    sync("acme");
    ASSERT_TRUE(is_delivered("acme"));
  }
  EXPECT_GE(daemon_.metric("tokensyncd_state_errors_total"), 1);
  EXPECT_TRUE(daemon_.says("LimitFSIZE="));
  EXPECT_EQ(daemon_.stop(), 0);
}

TEST_F(limits_test, too_few_descriptors_to_start_with_are_71_and_named) {
  for (const auto* limit : {"-n 8", "-n 12", "-n 24"}) {
    const auto run = daemon_.command({"run"}, with_limit(limit));
    EXPECT_EQ(run.exit_code, 71) << limit << run.errors;
    EXPECT_THAT(run.errors, HasSubstr("LimitNOFILE=")) << limit;
  }
}

TEST_F(limits_test, a_thread_that_cannot_be_had_is_71_and_named_and_no_hang) {
  if (is_emulated()) GTEST_SKIP() << "qemu-user aborts where it can't have a thread";
  if (!can_run(daemon_, without_tasks(99))) GTEST_SKIP() << "strace can't trace here";
  // The log's thread, a sink's first and second, the audit log's and so on.
  for (int n = 1; n <= 5; ++n) {
    const auto run = daemon_.command({"run"}, without_tasks(n));
    EXPECT_EQ(run.exit_code, 71) << n << run.errors;
    EXPECT_THAT(run.errors, HasSubstr("TasksMax=")) << n;
  }
}

TEST_F(limits_test, a_reload_that_needs_a_thread_that_cannot_be_had_is_refused_and_says_so) {
  if (daemon_.command({"--version"}, without_tasks(99)).exit_code != 0)
    GTEST_SKIP() << "strace can't trace here";
  // As many as it starts with, and hardly one more.
  bool runs = false;
  for (int n = 6; n < 60 && !runs; ++n) {
    try {
      daemon_.start(without_tasks(n));
      runs = true;
    } catch (const std::runtime_error&) {
      // Still too few.
    }
  }
  ASSERT_TRUE(runs);
  auto options = daemon_.options();
  for (int i = 0; i < 20; ++i) {
    options.sinks_more += "more" + std::to_string(i) + ": {type: exec, command: [/bin/true]}\n";
  }
  options.more = "workspace_defaults: {sinks: [files]}\n";
  daemon_.configure(options);
  const auto reload = daemon_.command({"reload"});
  EXPECT_EQ(reload.exit_code, 1);
  EXPECT_THAT(reload.errors, HasSubstr("TasksMax="));
  EXPECT_EQ(daemon_.status("acme").at("sinks").as_object().size(), 1U) << "as it was before";
}

TEST_F(limits_test, strangers_on_the_admin_address_leave_descriptors_to_all_others) {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  std::string all = read_file(daemon_.config_file());
  const std::string none = "listen: []";
  write_file(daemon_.config_file(),
             all.replace(all.find(none), none.size(), "listen: ['" + address + "']"));
  daemon_.start(with_limit("-n 64"));
  std::vector<std::unique_ptr<blocking_socket>> strangers;
  for (int i = 0; i < 60; ++i) strangers.push_back(std::make_unique<blocking_socket>(address));
  EXPECT_EQ(http_call(address, {"GET", "/livez", {}, {}}).status, 200U) << "it makes place";
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr("Too many open files")));
}

TEST_F(limits_test, strangers_on_the_webhook_leave_descriptors_to_all_others) {
  auto options = daemon_.options();
  options.more += "webhook: {listen: [\"127.0.0.1:0\"]}\n";
  daemon_.configure(options);
  daemon_.start(with_limit("-n 64"));
  const std::uint16_t port = daemon_.webhook_port();
  std::vector<std::unique_ptr<blocking_socket>> strangers;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 60; ++i)
      strangers.push_back(std::make_unique<blocking_socket>("127.0.0.1:" + std::to_string(port)));
    api_.rotate("acme");
    EXPECT_EQ(send(port, {}).status, 200U) << "the vendor gets through";
    EXPECT_TRUE(is_delivered("acme"));
    EXPECT_EQ(daemon_.ask("/livez").status, 200U);
  }
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr("Too many open files")));
  strangers.clear();
  api_.rotate("acme");
  sync("acme");
  EXPECT_TRUE(is_delivered("acme"));
}

}  // namespace
}  // namespace tokensyncd::tests
