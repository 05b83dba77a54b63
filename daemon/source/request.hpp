#pragma once

#include <string>
#include <string_view>

namespace tokensyncd::source {

/// An API's base URL in the two parts that a client needs.
struct api_base {
  std::string origin;  ///< `https://host[:port]`
  std::string path;    ///< `/partner/api/v1`, without a trailing slash; empty for the root
};

/// Splits a URL that the configuration's loader has checked.
[[nodiscard]] api_base split_api_url(std::string_view url);

/// `{base}/workspaces/{id}/api-token`: where a workspace's token is asked for. Never ends in a
/// slash, which the API answers with an HTML 404.
[[nodiscard]] std::string token_target(std::string_view base_path, std::string_view workspace);

/// `{base}/workspaces/{id}`: a workspace's details; asking for them never creates a token.
[[nodiscard]] std::string workspace_target(std::string_view base_path, std::string_view workspace);

}  // namespace tokensyncd::source
