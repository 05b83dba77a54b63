#pragma once

#include <filesystem>
#include <string_view>

namespace tokensyncd::http {

/// Binds and listens on `host:port` (`[::1]:port` for IPv6, port 0: any) and returns the
/// non-blocking descriptor, the caller's to close. A name is looked up, which blocks: for the start
/// of the program. Throws std::runtime_error.
[[nodiscard]] int listen_on_tcp(std::string_view host_port);

/// The same for a Unix socket of mode 0660, which is never wider, not even for a moment. A socket
/// that nobody listens on is replaced. Throws std::runtime_error when somebody does, or where
/// `path` is something else.
[[nodiscard]] int listen_on_unix(const std::filesystem::path& path);

}  // namespace tokensyncd::http
