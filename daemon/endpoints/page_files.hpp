#pragma once

#include <span>
#include <string_view>

namespace tokensyncd::endpoints {

/// A file of daemon/endpoints/page/, as it was when the program was built.
struct page_file {
  std::string_view name;  ///< with suffix, e.g. "page.css"
  std::string_view content;
};

/// All of them: the status page and what it loads.
[[nodiscard]] std::span<const page_file> page_files() noexcept;

}  // namespace tokensyncd::endpoints
