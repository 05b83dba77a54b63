#pragma once

#include <string>
#include <string_view>

#include "config/values.hpp"

/// Strict checks of how hosts and URLs are written. Pure; nothing is resolved.
namespace tokensyncd::config {

/// A DNS name in ASCII (RFC 1123: labels of letters, digits, hyphens; 253 bytes) or an IP address.
[[nodiscard]] bool is_host(std::string_view text);

/// Which URLs are meant.
enum class url_kind { https, http_proxy, server };

/// What is wrong with a URL as a clause ("must begin with https://"), empty where nothing is.
/// `https`: https://host[:port][/path], no trailing slash. `http_proxy`: http://host:port.
/// `server`: https://host[:port], http:// where the host is on loopback. None has a user, a query
/// or a fragment. The clause never quotes the URL.
[[nodiscard]] std::string_view url_trouble(std::string_view url, url_kind kind);

/// The one way to write a URL of the kind `server` that is right: its host in lower case (an IPv6
/// address as RFC 5952 says), no port where it is the scheme's own.
[[nodiscard]] std::string canonical_server(std::string_view url);

/// How a `host:port` to listen on is meant.
enum class listen_address { wrong, loopback, anywhere_else };

/// Judges `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`; the host is an IP address or localhost.
/// Port 0 is any free one.
[[nodiscard]] listen_address judge_listen_address(std::string_view text);

/// What the listener of `admin.listen` at `address` shows. Unless it is said, who can reach it from
/// elsewhere needn't learn more of the workspaces than metrics and probes tell.
[[nodiscard]] exposure exposed_at(std::string_view address, const admin_settings& settings);

}  // namespace tokensyncd::config
