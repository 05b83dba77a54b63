#pragma once

#include <string>
#include <string_view>

namespace tokensyncd::http {

/// Appends `text` to `target` as one path segment (RFC 3986): all but letters, digits, `-`, `_`,
/// `~` and inner dots is percent-encoded, byte for byte; `.` and `..` are encoded whole.
void append_segment(std::string& target, std::string_view text);

}  // namespace tokensyncd::http
