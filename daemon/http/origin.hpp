#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tokensyncd::http {

/// Whom to talk to.
struct origin {
  bool secure = false;  ///< https
  std::string host;     ///< a name in lower case or an IP address, without brackets
  unsigned short port = 0;
  bool is_address = false;  ///< `host` is an IP address

  /// As a Host header or a CONNECT request has it: brackets around IPv6, no default port.
  [[nodiscard]] std::string authority() const;
  /// The same, with the port always.
  [[nodiscard]] std::string authority_with_port() const;
};

/// Reads `http[s]://host[:port]`, a lone `/` after it allowed. None for anything else: another
/// scheme, userinfo, a path, a query, an empty host, percent-encoding in it, port 0.
[[nodiscard]] std::optional<origin> parse_origin(std::string_view url);

}  // namespace tokensyncd::http
