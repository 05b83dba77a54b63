#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tokensyncd::tests {

/// What came back over one TLS connection.
struct tls_answer {
  std::string bytes;             ///< all of them, as they came
  bool closed_properly = false;  ///< with TLS's close_notify, not just the end of TCP
};

/// Connects to localhost with TLS (verified against `ca_file`), sends `bytes` and reads until the
/// other side closes. Throws where the handshake fails. Plain blocking OpenSSL: neither the
/// daemon's client nor Asio.
[[nodiscard]] tls_answer tls_call(std::uint16_t port, const std::filesystem::path& ca_file,
                                  std::string_view bytes);

}  // namespace tokensyncd::tests
