#pragma once

#include <string_view>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "daemon/http/client/host_lookup.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

/// How long an address is waited for before the next one is tried beside it (RFC 8305, section 5).
inline constexpr std::chrono::milliseconds next_address_after{250};

/// The order in which to try addresses: as given, but the families take turns (RFC 8305, section
/// 4).
[[nodiscard]] addresses take_turns(const addresses& found);

/// Connects to the first of `to` that answers: one is started each 250 ms, or at once when all
/// before have failed; what hasn't answered then is given up. `host` is named in sentences.
/// Failures: unreachable, also at `deadline`.
task<result<tcp_socket>> dial(addresses to, unsigned short port, std::string_view host,
                              steady_time deadline);

}  // namespace tokensyncd::http
