#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tokensyncd::endpoints {

/// Whether a request with this Host header may see what names workspaces: an IP address, or one of
/// `names` (any case, any port). A web page whose name was made to point at us (DNS rebinding)
/// asks with its own name, and is refused.
[[nodiscard]] bool host_allowed(std::string_view host, std::span<const std::string> names);

}  // namespace tokensyncd::endpoints
