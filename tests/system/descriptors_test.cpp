// What becomes of the endpoints while the daemon has no descriptor left. strace says so in the
// kernel's place: without any, the sanitizers would fail before the daemon does.
#include <chrono>
#include <string>

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "tests/support/blocking_socket.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/strace.hpp"

namespace tokensyncd::tests {
namespace {

using std::chrono::steady_clock;

/// Whether the daemon has closed it.
bool has_ended(const blocking_socket& connection) {
  char byte = 0;
  return ::recv(connection.descriptor(), &byte, 1, MSG_DONTWAIT) == 0;
}

class descriptors_test : public testing::Test {
 protected:
  /// Starts the daemon; those calls of accept4 fail as if it had no descriptor left that strace's
  /// `when` names. The first one is for the test's own look whether it runs.
  bool start(const std::string& when) {
    const auto refused = with_tampered("accept4", "error=EMFILE:when=" + when);
    if (!can_run(daemon_, refused)) return false;
    daemon_.start(refused);
    return true;
  }

  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}}};
};

TEST_F(descriptors_test, the_daemon_tries_again_at_leisure_and_serves_again) {
  constexpr int refusals = 20;
  if (!start("2..21")) GTEST_SKIP() << "strace can't trace here";
  const auto began = steady_clock::now();
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
  // A pause of 100 ms after each: without, it would be as fast as it can.
  EXPECT_GT(steady_clock::now() - began, std::chrono::milliseconds{refusals * 100 * 3 / 4});
  EXPECT_TRUE(eventually([this] { return daemon_.delivered("acme") == api_.token("acme"); }));
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
}

TEST_F(descriptors_test, a_connection_that_waits_for_a_request_makes_place) {
  // Every third one, so that it makes no difference how often the start had to look.
  if (!start("3+3")) GTEST_SKIP() << "strace can't trace here";
  const blocking_socket idle{daemon_.socket().string()};
  // As many calls take far less than the 30 s after which it would be closed for being idle.
  constexpr int most_calls = 30;
  int calls = 0;
  for (; !has_ended(idle) && calls < most_calls; ++calls)
    ASSERT_EQ(daemon_.ask("/livez").status, 200U);
  EXPECT_LT(calls, most_calls);
}

}  // namespace
}  // namespace tokensyncd::tests
