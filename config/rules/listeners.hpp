#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/values.hpp"

/// What the addresses under `listen` mean for sockets. Pure; nothing is resolved or bound.
namespace tokensyncd::config {

/// One socket to listen on.
struct listener {
  std::string address;     ///< ADDRESS:PORT
  bool only_ipv6 = false;  ///< IPv4 has a listener of its own at this port (IPV6_V6ONLY, ipv6(7))
  bool optional = false;   ///< half of `localhost`, which a machine without IPv6 or IPv4 hasn't

  friend bool operator==(const listener&, const listener&) = default;
};

/// The sockets for `admin.listen` and `webhook.listen`. `localhost` at a port is 127.0.0.1 and ::1,
/// except for what another address of the same list covers. `[::]` is IPv6 alone where the
/// configuration has an IPv4 address at its port.
struct listeners {
  std::vector<listener> admin;
  std::vector<listener> webhook;
};
[[nodiscard]] listeners listeners_of(const admin_settings& admin,
                                     const std::optional<webhook_settings>& webhook);

/// Two listeners that can't be bound side by side, because one is the other's address or covers
/// it. None: there is no such pair. Port 0 is never the same.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> overlap_in(
    const std::vector<listener>& all);

}  // namespace tokensyncd::config
