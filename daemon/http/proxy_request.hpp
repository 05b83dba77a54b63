#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "daemon/http/origin.hpp"
#include "daemon/http/request_bytes.hpp"
#include "daemon/model/failure.hpp"

namespace tokensyncd::http {

/// Writes a CONNECT request (RFC 9110, section 9.3.6) for `target`, with Basic credentials (RFC
/// 7617) from `auth_file`, `user:password` with or without a newline at the end; none where the
/// path is empty. Fails (invalid) when the file can't be used.
std::optional<failure> write_connect(const origin& target, const std::filesystem::path& auth_file,
                                     std::string_view user_agent, outgoing_bytes& out);

}  // namespace tokensyncd::http
