#include "daemon/endpoints/host_check.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <arpa/inet.h>

namespace tokensyncd::endpoints {
namespace {

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, 16> binary{};
  return ::inet_pton(family, std::string(text).c_str(), binary.data()) == 1;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

/// The part before `:port`; none where what follows the colon isn't one.
std::optional<std::string_view> without_port(std::string_view host, std::size_t colon) {
  const std::string_view port = host.substr(colon + 1);
  if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return host.substr(0, colon);
}

}  // namespace

bool host_allowed(std::string_view host, std::span<const std::string> names) {
  if (host.find('\0') != std::string_view::npos) return false;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view rest = host.substr(close + 1);
    if (!rest.empty() && (rest.front() != ':' || !without_port(rest, 0))) return false;
    return is_address(AF_INET6, host.substr(1, close - 1));
  }
  if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    const auto name = without_port(host, colon);
    if (!name) return false;
    host = *name;
  }
  if (is_address(AF_INET, host)) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  return !host.empty() &&
         std::ranges::any_of(names, [host](const auto& name) { return same_name(host, name); });
}

}  // namespace tokensyncd::endpoints
