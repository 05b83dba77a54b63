#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tokensyncd::http {

/// Reads an environment variable: null where it isn't set.
using environment = std::function<const char*(const char* name)>;

/// Which proxy a call to `host` goes through; empty: none. `configured` wins where it isn't empty,
/// and NO_PROXY doesn't apply to it. Otherwise `https_proxy` or `HTTPS_PROXY`, then `all_proxy` or
/// `ALL_PROXY`, as curl does, unless `no_proxy` or `NO_PROXY` has the host (lower case is looked at
/// first each time). A proxy without a scheme is `http://`.
///
/// `host` is a name or an IP address without brackets, `port` its port.
[[nodiscard]] std::string choose_proxy(std::string_view configured, const environment& env,
                                       std::string_view host, unsigned short port);

/// Whether a NO_PROXY list has the host: `*` alone, names (which mean their subdomains too, with or
/// without a leading dot), IP addresses and CIDR blocks, each with an optional `:port`, separated
/// by commas or spaces.
[[nodiscard]] bool is_exempt(std::string_view no_proxy, std::string_view host, unsigned short port);

}  // namespace tokensyncd::http
