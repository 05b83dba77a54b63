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

/// An absolute URL in the two parts that a client needs.
struct url {
  origin to;
  std::string target;  ///< path and query, percent-encoded as they came; at least `/`
};

/// Reads `http[s]://host[:port]`, a lone `/` after it allowed. None for anything else: another
/// scheme, userinfo, a path, a query, an empty host, percent-encoding in it, a port that is 0 or
/// over 65535.
[[nodiscard]] std::optional<origin> parse_origin(std::string_view url);

/// Reads the value of a redirect's Location header where that is a whole URL; its fragment isn't
/// sent and left out. None for what is relative, and for all that keeps an origin from being one:
/// another scheme, userinfo, an empty host, percent-encoding in it, a port that is 0 or over 65535.
/// Whether to go there is
/// for the caller to decide.
[[nodiscard]] std::optional<url> parse_url(std::string_view location);

}  // namespace tokensyncd::http
