#include "daemon/runtime/sd_notify.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using tokensyncd::service_manager;

/// systemd's end of NOTIFY_SOCKET.
class notify_socket {
 public:
  notify_socket() : descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    // In the abstract namespace, where the kernel picks a free name for an empty one.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    std::string name(address.sun_path, size - sizeof(sa_family_t));
    name.front() = '@';
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  ~notify_socket() {
    unsetenv("NOTIFY_SOCKET");
    close(descriptor_);
  }

  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  /// The next message, or "nothing".
  std::string received() {
    std::array<char, 512> buffer{};
    const auto size = recv(descriptor_, buffer.data(), buffer.size(), 0);
    return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  int descriptor_;
};

TEST(sd_notify, tells_each_step_of_a_services_life) {
  notify_socket systemd;
  service_manager manager;
  manager.ready();
  EXPECT_EQ(systemd.received(), "READY=1");
  manager.alive();
  EXPECT_EQ(systemd.received(), "WATCHDOG=1");
  manager.stopping();
  EXPECT_EQ(systemd.received(), "STOPPING=1");
}

TEST(sd_notify, a_reload_says_when_it_began) {
  notify_socket systemd;
  service_manager manager;
  manager.reloading(tokensyncd::steady_time{1500ms});
  EXPECT_EQ(systemd.received(), "RELOADING=1\nMONOTONIC_USEC=1500000");
}

TEST(sd_notify, a_status_is_sent_only_when_it_is_another_one) {
  notify_socket systemd;
  service_manager manager;
  manager.status("1 of 2");
  manager.status("1 of 2");
  manager.status("2 of 2");
  EXPECT_EQ(systemd.received(), "STATUS=1 of 2");
  EXPECT_EQ(systemd.received(), "STATUS=2 of 2");
  EXPECT_EQ(systemd.received(), "nothing");
}

TEST(sd_notify, without_a_manager_nothing_happens) {
  unsetenv("NOTIFY_SOCKET");
  service_manager manager;
  EXPECT_NO_THROW(manager.ready());
}

TEST(sd_notify, the_watchdog_is_ours_only_when_it_names_us) {
  EXPECT_EQ(service_manager::watchdog(), std::nullopt);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(service_manager::watchdog(), 30s);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(service_manager::watchdog(), std::nullopt);
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

}  // namespace
