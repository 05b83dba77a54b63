#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/server/server.hpp"
#include "daemon/http/text/message_reader.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::http {

/// How a reply goes out.
enum class framing : int {
  length,   ///< with a Content-Length
  chunked,  ///< in chunks
  to_end,   ///< until the connection ends, for HTTP/1.0
};

/// A reply's head (RFC 9112, section 4). Throws std::invalid_argument where a header or the status
/// can't be sent.
[[nodiscard]] std::string reply_head(const reply& what, framing how, bool keep, wall_time now);

/// An answer of ours, `{status} {reason}` as text.
[[nodiscard]] reply refusal(unsigned status);

/// The beginning of a chunk (RFC 9112, section 7.1).
[[nodiscard]] std::string chunk_head(std::size_t size);

/// A moment as HTTP writes it (RFC 9110, section 5.6.7).
[[nodiscard]] std::string http_date(wall_time when);

/// A complete message as a request, or the status with which to refuse it: Host exactly once (RFC
/// 9112, section 3.2), the target a path, a whole http or https URL, or the `*` of OPTIONS. The
/// host is that of a whole URL, whatever the header says (section 3.2.2).
struct checked_request {
  unsigned refused = 0;  ///< 0: none
  server_request request;
};
[[nodiscard]] checked_request check_request(const message_reader<true>& from);

/// The status for a message that isn't one; `done` and `need_more` have none.
[[nodiscard]] unsigned refused_with(progress how) noexcept;

}  // namespace tokensyncd::http
