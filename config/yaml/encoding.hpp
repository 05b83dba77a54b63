#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tokensyncd::config {

/// Where and why bytes are no text of ours.
struct encoding_error {
  std::size_t offset = 0;  ///< of the first bad byte
  std::string sentence;
};

/// Looks for what isn't UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF) and
/// for control characters other than tab and line ends.
[[nodiscard]] std::optional<encoding_error> find_bad_encoding(std::string_view text);

/// Whether `text` holds a control character: U+0000 to U+001F, U+007F to U+009F. `text` is UTF-8.
[[nodiscard]] bool has_control_character(std::string_view text);

}  // namespace tokensyncd::config
