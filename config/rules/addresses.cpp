#include "config/rules/addresses.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tokensyncd::config {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::optional<std::uint32_t> ipv4(std::string_view text) {
  in_addr address{};
  if (text.find('\0') != std::string_view::npos ||
      inet_pton(AF_INET, std::string{text}.c_str(), &address) != 1) {
    return std::nullopt;
  }
  return ntohl(address.s_addr);
}

std::optional<in6_addr> ipv6(std::string_view text) {
  in6_addr address{};
  if (text.find('\0') != std::string_view::npos ||
      inet_pton(AF_INET6, std::string{text}.c_str(), &address) != 1) {
    return std::nullopt;
  }
  return address;
}

bool is_dns_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && is_alphanumeric(label.front()) &&
         is_alphanumeric(label.back()) &&
         std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

/// The parts of `host:port` or `[host]:port`; the port is empty where there is none.
struct authority {
  std::string_view host;
  std::string_view port;
  bool has_port = false;
};

std::optional<authority> split(std::string_view text) {
  authority parts;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !ipv6(text.substr(1, end - 1))) {
      return std::nullopt;
    }
    parts.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    parts.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty()) {
    if (rest.front() != ':') {
      return std::nullopt;
    }
    parts.has_port = true;
    parts.port = rest.substr(1);
  }
  return parts;
}

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return port;
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

/// Nothing is resolved: of all names `localhost` alone is sure to stay on the machine (RFC 6761).
bool is_loopback(std::string_view host) {
  if (const auto address = ipv4(host)) {
    return *address >> 24U == 127;
  }
  if (const auto address = ipv6(host)) {
    return IN6_IS_ADDR_LOOPBACK(&*address);
  }
  return lower_case(host) == "localhost";
}

bool is_path_character(char c) {
  constexpr std::string_view others = "/-._~!$&'()*+,;=:@%";
  return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
}

}  // namespace

bool is_host(std::string_view text) {
  if (ipv4(text) || ipv6(text)) {
    return true;
  }
  if (text.size() > 253) {
    return false;
  }
  bool numeric_end = false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!is_dns_label(label)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      numeric_end = std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
      break;
    }
    text.remove_prefix(dot + 1);
  }
  // 10.0.0.256 is a mistyped address, not a name.
  return !numeric_end;
}

std::string_view url_trouble(std::string_view url, url_kind kind) {
  const bool plain =
      kind == url_kind::http_proxy || (kind == url_kind::server && url.starts_with("http://"));
  const std::string_view scheme = plain ? "http://" : "https://";
  if (!url.starts_with(scheme)) {
    return plain ? "must begin with http://" : "must begin with https://";
  }
  url.remove_prefix(scheme.size());
  if (url.find_first_of("?#") != std::string_view::npos) {
    return "must not have a query or a fragment";
  }
  const std::size_t slash = std::min(url.find('/'), url.size());
  const std::string_view path = url.substr(slash);
  if (kind != url_kind::server && path.ends_with('/')) {
    return "must not end with a slash";
  }
  const std::string_view where = url.substr(0, slash);
  if (where.find('@') != std::string_view::npos) {
    return kind == url_kind::http_proxy ? "must not contain a user or password; put user:password "
                                          "into a file and set proxy_auth_file to that file"
                                        : "must not contain a user or password";
  }
  const auto parts = split(where);
  if (!parts || !is_host(parts->host)) {
    return "does not have a valid host name or address";
  }
  if (parts->has_port && port_number(parts->port).value_or(0) == 0) {
    return "does not have a valid port (1 to 65535)";
  }
  if (kind == url_kind::http_proxy && (!parts->has_port || !path.empty())) {
    return "must be http://host:port";
  }
  if (kind == url_kind::server && !path.empty()) {
    return "must be https://host or https://host:port, without a path";
  }
  if (kind == url_kind::server && plain && !is_loopback(parts->host)) {
    return "must begin with https://; http:// is allowed only for loopback addresses (127.0.0.0/8, "
           "[::1], localhost)";
  }
  if (!std::ranges::all_of(path, is_path_character)) {
    return "has a character in its path that is not allowed in a URL";
  }
  return {};
}

std::string canonical_server(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find("://") + 3);
  const auto parts = split(url.substr(scheme.size()));
  if (!parts) {
    return std::string{url};
  }
  std::string host = lower_case(parts->host);
  if (const auto address = ipv6(host)) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, &*address, text.data(), text.size());
    host = "[" + std::string{text.data()} + "]";
  }
  const std::uint16_t own = scheme == "https://" ? 443 : 80;
  const std::uint16_t port = port_number(parts->port).value_or(own);
  return std::string{scheme} + host + (port == own ? "" : ":" + std::to_string(port));
}

listen_address judge_listen_address(std::string_view text) {
  const auto parts = split(text);
  if (!parts || !port_number(parts->port)) {
    return listen_address::wrong;
  }
  if (parts->host == "localhost") {
    return listen_address::loopback;
  }
  if (const auto address = ipv4(parts->host)) {
    return *address >> 24U == 127 ? listen_address::loopback : listen_address::anywhere_else;
  }
  if (const auto address = text.starts_with('[') ? ipv6(parts->host) : std::nullopt) {
    return IN6_IS_ADDR_LOOPBACK(&*address) ? listen_address::loopback
                                           : listen_address::anywhere_else;
  }
  return listen_address::wrong;
}

exposure exposed_at(std::string_view address, const admin_settings& settings) {
  const bool here = judge_listen_address(address) == listen_address::loopback;
  return settings.expose.value_or(exposure{.metrics = true, .probes = true, .status = here});
}

}  // namespace tokensyncd::config
