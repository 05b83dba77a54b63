#pragma once

#include <string_view>

#include "daemon/http/server/server.hpp"

namespace tokensyncd::endpoints {

struct page_file;

/// What a path of the status page names: `/` the page itself, `/page/NAME` what it loads; null for
/// any other path.
[[nodiscard]] const page_file* status_page_file(std::string_view path) noexcept;

/// The answer that shows it, with a Content-Security-Policy (W3C CSP level 3) that lets the page
/// load from, and ask, this daemon alone, run no script that isn't a file of it, and make no markup
/// out of text.
[[nodiscard]] http::reply status_page_reply(const page_file& shown);

}  // namespace tokensyncd::endpoints
