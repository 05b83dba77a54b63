#pragma once

#include <string_view>
#include <utility>

namespace tokensyncd::http {

/// What a request does; `del` is DELETE, whose word C++ needs for itself.
enum class method { get, post, put, patch, del };

/// One header of a request: name and value, neither checked nor copied.
using header = std::pair<std::string_view, std::string_view>;

/// A header of a message as it came; views into the reader's buffer.
struct field {
  std::string_view name;
  std::string_view value;
};

/// Whether two header names are the same (RFC 9110, section 5.1).
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

}  // namespace tokensyncd::http
