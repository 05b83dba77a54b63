#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include "daemon/http/text/message_reader.hpp"
#include "daemon/http/text/origin.hpp"
#include "daemon/http/text/request_bytes.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"

namespace tokensyncd::http {

/// What a CONNECT request says of us to the proxy.
struct proxy_login {
  const std::filesystem::path& auth_file;  ///< where `credentials` are from; empty: no file
  const secret* credentials;  ///< `user:password`; null: none, or the file can't be read
};

/// What a proxy_auth_file holds, without the newline that may end it; none where it can't be read.
/// Blocks; for any thread.
[[nodiscard]] std::optional<secret> read_credentials(const std::filesystem::path& file);

/// Writes a CONNECT request (RFC 9110, section 9.3.6) for `target`, with Basic credentials (RFC
/// 7617). Fails (invalid) when these can't be used.
std::optional<failure> write_connect(const origin& target, const proxy_login& login,
                                     std::string_view user_agent, outgoing_bytes& out);

/// A proxy's answer to CONNECT, as far as it has come.
struct connect_reply {
  progress how = progress::need_more;  ///< also done, malformed
  unsigned status = 0;                 ///< where it is done: 200 or more, or 101
  std::size_t size = 0;                ///< how many bytes of what came it has
};

/// Reads such an answer out of what has come so far. It ends with its head: headers say nothing
/// about a tunnel, so they aren't looked at, however odd they are (RFC 9110, section 9.3.6).
/// Answers of 1xx before it are passed over.
[[nodiscard]] connect_reply read_connect_reply(std::string_view received) noexcept;

}  // namespace tokensyncd::http
