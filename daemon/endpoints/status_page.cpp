#include "daemon/endpoints/status_page.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "daemon/endpoints/page_files.hpp"

namespace tokensyncd::endpoints {
namespace {

constexpr std::string_view folder = "/page/";
constexpr std::string_view page = "index.html";

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; trusted-types 'none'; "
    "require-trusted-types-for 'script'";

std::string_view type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{{
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".svg", "image/svg+xml"},
  }};
  const auto* const found =
      std::ranges::find_if(types, [name](const auto& type) { return name.ends_with(type.first); });
  return found == types.end() ? "application/octet-stream" : found->second;
}

}  // namespace

const page_file* status_page_file(std::string_view path) noexcept {
  std::string_view name;
  if (path == "/") {
    name = page;
  } else if (path.starts_with(folder) && !path.ends_with(page)) {
    name = path.substr(folder.size());
  }
  const auto all = page_files();
  const auto found = std::ranges::find(all, name, &page_file::name);
  return found == all.end() ? nullptr : &*found;
}

http::reply status_page_reply(const page_file& shown) {
  http::reply answer;
  answer.content_type = type_of(shown.name);
  answer.body = shown.content;
  answer.headers.emplace_back("Content-Security-Policy", policy);
  return answer;
}

}  // namespace tokensyncd::endpoints
