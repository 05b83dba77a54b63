#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokensyncd::sandbox {

/// A request, as views into the bytes that were read.
struct request {
  std::string_view head;  ///< request line and headers, without the empty line
  std::string_view method;
  std::string_view path;
  std::string_view query;  ///< without the '?'
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  std::size_t size = 0;  ///< of the whole request in bytes
  bool keep_alive = true;

  /// Value of the first header of that name (any case); empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

enum class parse_state { done, needs_more, bad };

/// Reads the request that `bytes` begin with into `out`. Written apart from the daemon's own HTTP,
/// so that one's mistake isn't hidden by the other's.
[[nodiscard]] parse_state parse_request(std::string_view bytes, request& out);

}  // namespace tokensyncd::sandbox
