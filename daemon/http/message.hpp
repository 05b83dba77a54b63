#pragma once

#include <string_view>
#include <utility>

namespace tokensyncd::http {

/// What a request does; `del` is DELETE, whose word C++ needs for itself.
enum class method { get, post, put, patch, del };

/// One header of a request: name and value, neither checked nor copied.
using header = std::pair<std::string_view, std::string_view>;

}  // namespace tokensyncd::http
