#pragma once

#include <optional>
#include <string_view>

#include "daemon/http/text/content_coding.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::source {

/// What the reading of an answer needs of it; views into the answer.
struct received {
  unsigned status = 0;
  std::string_view body;
  std::optional<std::string_view> content_encoding{};
  std::optional<std::string_view> retry_after{};
  wall_time server_now{};  ///< by its own clock where it said, else by ours

  /// Whether the body isn't what it says before it is decoded, which we never ask for.
  [[nodiscard]] bool is_encoded() const {
    return content_encoding && !http::is_identity(*content_encoding);
  }
};

/// Whether the connection that brought an answer which was refused in this way is closed: it may be
/// the answer to another call, or the CDN holds something against the connection alone.
[[nodiscard]] constexpr bool taints_connection(failure_kind why) noexcept {
  return why == failure_kind::malformed || why == failure_kind::edge_refused;
}

}  // namespace tokensyncd::source
