#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"

namespace tokensyncd::http {

/// Reads an environment variable: null where it isn't set.
using environment = std::function<const char*(const char* name)>;

/// A proxy for https.
struct chosen_proxy {
  std::string url;                            ///< `http://host[:port]`; empty: none
  std::shared_ptr<const secret> credentials;  ///< `user:password` of its variable; null: none there
};

/// Which proxy a call to `host` goes through. `configured` wins where it isn't empty, and NO_PROXY
/// doesn't apply to it. Otherwise `https_proxy` or `HTTPS_PROXY`, then `all_proxy` or `ALL_PROXY`,
/// as curl does, unless `no_proxy` or `NO_PROXY` has the host (lower case is looked at first each
/// time). There a proxy without a scheme is `http://`, user and password are percent-decoded, and a
/// path counts for nothing.
///
/// `host` is a name or an IP address without brackets, `port` its port. Fails (invalid) where the
/// variable holds another kind of proxy; the sentence names variable and keys and quotes nothing.
[[nodiscard]] result<chosen_proxy> choose_proxy(std::string_view configured, const environment& env,
                                                std::string_view host, unsigned short port);

/// Whether a NO_PROXY list has the host: `*` alone, names (which mean their subdomains too, with or
/// without a leading dot), IP addresses and CIDR blocks, each with an optional `:port`, separated
/// by commas or spaces.
[[nodiscard]] bool is_exempt(std::string_view no_proxy, std::string_view host, unsigned short port);

}  // namespace tokensyncd::http
