#pragma once

#include <string_view>

namespace tokensyncd::http {

/// Whether a Content-Encoding header says that the content is as it is: nothing but `identity`, in
/// any case and as often as it likes (RFC 9110, section 8.4.1; empty elements of a list don't
/// count: section 5.6.1).
[[nodiscard]] bool is_identity(std::string_view content_encoding) noexcept;

}  // namespace tokensyncd::http
