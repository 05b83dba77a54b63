#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokensyncd {

/// Appends `text` as a JSON string with its quotes. Whatever the bytes are, what is appended is
/// valid: bytes that aren't UTF-8 become U+FFFD (Boost.JSON would pass them on), controls, DEL and
/// the C1 range are escaped.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` so that a terminal can't be misled by it: controls (ASCII and C1), line and
/// paragraph separators, marks that change the direction and bytes that aren't UTF-8 are escaped
/// as `\n`, `\x1b`, `\u202e`. At most `limit` bytes of `text` are looked at; a cut shows as `…`.
void append_printable(std::string& out, std::string_view text, std::size_t limit = 4096);

/// The same as a text of its own.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 4096);

}  // namespace tokensyncd
