#include "daemon/source/request.hpp"

#include <algorithm>

#include "daemon/http/text/path_segment.hpp"

namespace tokensyncd::source {
namespace {

constexpr std::string_view workspaces = "/workspaces/";
constexpr std::string_view api_token = "/api-token";

}  // namespace

api_base split_api_url(std::string_view url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto slash = std::min(url.find('/', host), url.size());
  auto path = url.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  return {std::string(url.substr(0, slash)), std::string(path)};
}

std::string workspace_target(std::string_view base_path, std::string_view workspace) {
  std::string target;
  target.reserve(base_path.size() + workspaces.size() + workspace.size() + api_token.size());
  target.append(base_path).append(workspaces);
  http::append_segment(target, workspace);
  return target;
}

std::string token_target(std::string_view base_path, std::string_view workspace) {
  std::string target = workspace_target(base_path, workspace);
  target += api_token;
  return target;
}

}  // namespace tokensyncd::source
