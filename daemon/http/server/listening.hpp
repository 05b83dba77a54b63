#pragma once

#include <filesystem>
#include <string_view>

#include "daemon/model/failure.hpp"

namespace tokensyncd::http {

/// Binds and listens on `host:port` (`[::1]:port` for IPv6, port 0: any) and returns the
/// non-blocking descriptor, the caller's to close. `only_ipv6`: `[::]` leaves IPv4 to another
/// listener (IPV6_V6ONLY, ipv6(7)). A name is looked up, which blocks: for the start of the
/// program. Throws std::runtime_error.
[[nodiscard]] int listen_on_tcp(std::string_view host_port, bool only_ipv6);

/// Whether this machine has the address of `host:port`, so that it can be listened on. Blocks as
/// listen_on_tcp() does, and throws as it does where a name has no address.
[[nodiscard]] bool has_address(std::string_view host_port);

/// The same for a Unix socket of mode 0660, which is never wider, not even for a moment. A socket
/// that nobody listens on is replaced. Throws std::runtime_error when somebody does, or where
/// `path` is something else.
[[nodiscard]] int listen_on_unix(const std::filesystem::path& path);

/// What would keep listen_on_tcp() from it, as far as that can be told beside a running daemon: a
/// port that needs a capability, an address that this machine doesn't have. Failures:
/// no_permission, invalid, io_error.
[[nodiscard]] result<void> look_at_tcp(std::string_view host_port);

/// What would keep listen_on_unix() from `path`; somebody who listens there is no obstacle. Nothing
/// is made. Failures: missing_place, no_permission, wrong_place, io_error. Blocks.
[[nodiscard]] result<void> look_at_unix(const std::filesystem::path& path);

}  // namespace tokensyncd::http
