#pragma once

#include <string_view>
#include <utility>

namespace tokensyncd::http {

enum class method { get, post, put };

/// One header of a request: name and value, neither checked nor copied.
using header = std::pair<std::string_view, std::string_view>;

}  // namespace tokensyncd::http
