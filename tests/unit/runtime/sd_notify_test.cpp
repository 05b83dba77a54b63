#include "daemon/runtime/process/sd_notify.hpp"

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

/// Has the manager's queue full; how many messages that took.
int fill(service_manager& manager) {
  int sent = 0;
  while (!manager.has_unsent()) {
    manager.status("filler " + std::to_string(sent++));
  }
  return sent - 1;
}

TEST(sd_notify, a_manager_that_stops_reading_holds_nobody_up_and_hears_each_step_later) {
  notify_socket systemd;
  service_manager manager;
  const int filled = fill(manager);
  ASSERT_GT(filled, 0);
  manager.alive();
  manager.ready();
  manager.reloading(tokensyncd::steady_time{1s});
  manager.ready();
  manager.stopping();
  manager.send_again();
  EXPECT_TRUE(manager.has_unsent());

  for (int i = 0; i != filled; ++i) {
    EXPECT_EQ(systemd.received(), "STATUS=filler " + std::to_string(i));
  }
  EXPECT_EQ(systemd.received(), "nothing");
  manager.send_again();
  EXPECT_EQ(systemd.received(), "READY=1");
  EXPECT_EQ(systemd.received(), "RELOADING=1\nMONOTONIC_USEC=1000000");
  EXPECT_EQ(systemd.received(), "READY=1");
  EXPECT_EQ(systemd.received(), "STOPPING=1");
  EXPECT_EQ(systemd.received(), "nothing");
}

TEST(sd_notify, a_status_without_room_is_sent_when_there_is_some_although_it_is_the_same) {
  notify_socket systemd;
  service_manager manager;
  const int filled = fill(manager);
  manager.status("the last");
  for (int i = 0; i != filled; ++i) {
    static_cast<void>(systemd.received());
  }
  manager.status("the last");
  EXPECT_EQ(systemd.received(), "STATUS=the last");
  EXPECT_FALSE(manager.has_unsent());
  manager.status("the last");
  EXPECT_EQ(systemd.received(), "nothing");
}

TEST(sd_notify, of_reloads_without_room_the_manager_hears_the_last) {
  notify_socket systemd;
  service_manager manager;
  const int filled = fill(manager);
  manager.ready();
  for (int i = 1; i != 100; ++i) {
    manager.reloading(tokensyncd::steady_time{std::chrono::seconds{i}});
    manager.ready();
  }
  for (int i = 0; i != filled; ++i) {
    static_cast<void>(systemd.received());
  }
  manager.send_again();
  EXPECT_EQ(systemd.received(), "READY=1");
  EXPECT_EQ(systemd.received(), "RELOADING=1\nMONOTONIC_USEC=99000000");
  EXPECT_EQ(systemd.received(), "READY=1");
  EXPECT_EQ(systemd.received(), "nothing");
}

TEST(sd_notify, a_manager_that_went_away_is_not_told_again) {
  service_manager manager = [] {
    notify_socket systemd;
    return service_manager{};
  }();
  EXPECT_TRUE(manager.listens());
  manager.ready();
  EXPECT_FALSE(manager.has_unsent());
}

TEST(sd_notify, an_address_that_is_not_understood_is_named_as_the_trouble) {
  setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
  service_manager manager;
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(manager.listens());
  ASSERT_TRUE(manager.trouble().has_value());
  EXPECT_NE(manager.trouble()->sentence.find("NOTIFY_SOCKET"), std::string::npos);
  manager.ready();
  EXPECT_FALSE(manager.has_unsent());
}

TEST(sd_notify, without_a_manager_nothing_happens) {
  unsetenv("NOTIFY_SOCKET");
  service_manager manager;
  EXPECT_FALSE(manager.listens());
  EXPECT_FALSE(manager.trouble().has_value());
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
