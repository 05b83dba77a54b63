#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using testing::StartsWith;

/// What systemd is to a service: the datagram socket of sd_notify(3).
class manager {
 public:
  explicit manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("can't bind " + path);
  }
  ~manager() { ::close(socket_); }
  manager(const manager&) = delete;
  manager& operator=(const manager&) = delete;

  /// The next message that isn't the watchdog's or, unless it is looked for, a status.
  std::string next(std::string_view wanted) {
    for (;;) {
      auto message = receive();
      if (message.starts_with(wanted)) return message;
      const bool comes_any_time =
          message.starts_with("WATCHDOG=") || message.starts_with("STATUS=");
      if (!comes_any_time) return message;
    }
  }

  /// Fills the queue of what wasn't read yet (net.unix.max_dgram_qlen).
  void leave_no_room() {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    const int sender = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    while (::sendto(sender, "x", 1, MSG_DONTWAIT, to, size) == 1) continue;
    ::close(sender);
  }

 private:
  std::string receive() {
    pollfd there{socket_, POLLIN, 0};
    const auto limit = std::chrono::milliseconds(ceiling).count();
    if (::poll(&there, 1, static_cast<int>(limit)) != 1) throw std::runtime_error("no message");
    std::array<char, 4096> bytes{};
    const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<std::size_t>(size)};
  }

  int socket_;
};

class notify_test : public testing::Test {
 protected:
  notify_test() {
    auto options = daemon_.options();
    options.environment["NOTIFY_SOCKET"] = path_;
    options.environment["WATCHDOG_USEC"] = "200000";
    daemon_.configure(options);
  }

  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}}};
  const std::string path_ = daemon_.directory() / "notify";
  manager manager_{path_};
};

TEST_F(notify_test, ready_comes_when_it_listens_and_then_what_happens) {
  daemon_.launch();
  ASSERT_EQ(manager_.next("READY="), "READY=1");
  // No waiting: who starts after us finds the socket and the state.
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
  EXPECT_TRUE(std::filesystem::exists(daemon_.directory() / "state.db"));
  EXPECT_EQ(manager_.next("WATCHDOG="), "WATCHDOG=1");
  EXPECT_EQ(manager_.next("WATCHDOG="), "WATCHDOG=1");

  std::string status;
  while (status.find("1 workspace in sync") == std::string::npos) {
    status = manager_.next("STATUS=");
    ASSERT_THAT(status, StartsWith("STATUS="));
  }

  timespec before{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  daemon_.running().signal(SIGHUP);
  const auto reloading = manager_.next("RELOADING=");
  EXPECT_THAT(reloading, StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  const auto since_boot = std::stoll(reloading.substr(reloading.rfind('=') + 1));
  EXPECT_GE(since_boot, before.tv_sec * 1'000'000LL + before.tv_nsec / 1'000);
  EXPECT_EQ(manager_.next("READY="), "READY=1");

  daemon_.running().signal(SIGTERM);
  EXPECT_EQ(manager_.next("STOPPING="), "STOPPING=1");
  EXPECT_EQ(daemon_.running().wait(), 0);
}

TEST_F(notify_test, a_manager_that_reads_nothing_holds_up_neither_work_nor_the_end) {
  manager_.leave_no_room();
  daemon_.start();
  EXPECT_TRUE(eventually([this] { return daemon_.delivered("acme") == api_.token("acme"); }));
  EXPECT_EQ(daemon_.ask("/livez").status, 200U);
  daemon_.running().signal(SIGTERM);
  EXPECT_EQ(daemon_.running().wait(), 0);
}

TEST_F(notify_test, ready_never_comes_where_the_state_cannot_be_opened) {
  auto options = daemon_.options();
  options.state = "{type: sqlite, file: nowhere/state.db}";
  daemon_.configure(options);
  const auto ended = daemon_.command({"run"});
  EXPECT_EQ(ended.exit_code, 71);
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ::sendto(sender, "end", 3, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(sender);
  EXPECT_EQ(manager_.next("READY="), "end");
}

}  // namespace
}  // namespace tokensyncd::tests
