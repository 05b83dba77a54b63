#include "config/rules/listeners.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tokensyncd::config {
namespace {

/// An address taken apart; what isn't one (a name) is compared as it is written.
struct endpoint {
  int family = AF_UNSPEC;
  std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
  std::string name;
  std::string port;

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

endpoint parse(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  std::string host{address.substr(0, colon)};
  endpoint made;
  made.port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string inside = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, inside.c_str(), made.bytes.data()) == 1) made.family = AF_INET6;
  } else if (inet_pton(AF_INET, host.c_str(), made.bytes.data()) == 1) {
    made.family = AF_INET;
  }
  if (made.family == AF_UNSPEC) made.name = std::move(host);
  return made;
}

bool is_wildcard(const endpoint& one) {
  return one.family != AF_UNSPEC && std::ranges::count(one.bytes, 0) == sizeof(in6_addr);
}

bool overlap(const endpoint& one, const endpoint& other) {
  if (one.port != other.port || one.port == "0" || one.family != other.family) return false;
  return one == other || is_wildcard(one) || is_wildcard(other);
}

bool is_localhost(std::string_view address) {
  return address.starts_with("localhost:") && !address.ends_with(":0");
}

std::vector<listener> spelled_out(const std::vector<std::string>& list) {
  std::vector<listener> made;
  for (const std::string& each : list) {
    if (!is_localhost(each)) made.push_back({each});
  }
  const std::size_t written = made.size();
  for (const std::string& each : list) {
    if (!is_localhost(each)) continue;
    const std::string port = each.substr(each.rfind(':'));
    for (const std::string& half : {"127.0.0.1" + port, "[::1]" + port}) {
      const auto covers = [own = parse(half)](const listener& other) {
        return overlap(own, parse(other.address));
      };
      const auto end = made.begin() + static_cast<std::ptrdiff_t>(written);
      if (std::none_of(made.begin(), end, covers))
        made.push_back({.address = half, .optional = true});
    }
  }
  return made;
}

void leave_ipv4_alone(std::vector<listener>& list, const std::vector<listener>& others) {
  for (listener& each : list) {
    const endpoint own = parse(each.address);
    if (own.family != AF_INET6 || !is_wildcard(own)) continue;
    const auto is_ipv4_there = [&own](const listener& other) {
      const endpoint found = parse(other.address);
      return found.family == AF_INET && found.port == own.port && own.port != "0";
    };
    each.only_ipv6 = each.only_ipv6 || std::ranges::any_of(others, is_ipv4_there);
  }
}

}  // namespace

listeners listeners_of(const admin_settings& admin,
                       const std::optional<webhook_settings>& webhook) {
  listeners made{spelled_out(admin.listen), {}};
  if (webhook) made.webhook = spelled_out(webhook->listen);
  for (auto* list : {&made.admin, &made.webhook}) {
    leave_ipv4_alone(*list, made.admin);
    leave_ipv4_alone(*list, made.webhook);
  }
  return made;
}

std::optional<std::pair<std::string, std::string>> overlap_in(const std::vector<listener>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      if (overlap(parse(all[i].address), parse(all[k].address))) {
        return std::pair{all[i].address, all[k].address};
      }
    }
  }
  return std::nullopt;
}

}  // namespace tokensyncd::config
