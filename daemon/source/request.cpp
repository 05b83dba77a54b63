#include "daemon/source/request.hpp"

#include <algorithm>

namespace tokensyncd::source {
namespace {

constexpr std::string_view workspaces = "/workspaces/";
constexpr std::string_view api_token = "/api-token";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '~';
}

}  // namespace

api_base split_api_url(std::string_view url) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto slash = std::min(url.find('/', host), url.size());
  auto path = url.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  return {std::string(url.substr(0, slash)), std::string(path)};
}

void append_segment(std::string& target, std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  const bool dots_are_special = text == "." || text == "..";
  for (const char c : text) {
    if (is_plain(c) || (c == '.' && !dots_are_special)) {
      target += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    target += '%';
    target += digits[byte >> 4U];
    target += digits[byte & 0xFU];
  }
}

std::string workspace_target(std::string_view base_path, std::string_view workspace) {
  std::string target;
  target.reserve(base_path.size() + workspaces.size() + workspace.size() + api_token.size());
  target.append(base_path).append(workspaces);
  append_segment(target, workspace);
  return target;
}

std::string token_target(std::string_view base_path, std::string_view workspace) {
  return workspace_target(base_path, workspace).append(api_token);
}

}  // namespace tokensyncd::source
