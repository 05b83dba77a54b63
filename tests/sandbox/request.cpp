#include "tests/sandbox/request.hpp"

#include <algorithm>
#include <charconv>

namespace tokensyncd::sandbox {
namespace {

constexpr std::size_t largest_head = 32 * 1024;
constexpr std::size_t largest_body = 1024 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse_request_line(std::string_view line, request& out) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  out.method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  if (!target.starts_with('/') || target.find(' ') != std::string_view::npos) return false;
  const auto question = target.find('?');
  out.path = target.substr(0, question);
  out.query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  out.keep_alive = version == "HTTP/1.1";
  return true;
}

bool parse_headers(std::string_view lines, request& out) {
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || line.front() == ' ') return false;
    out.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return true;
}

}  // namespace

std::string_view request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

parse_state parse_request(std::string_view bytes, request& out) {
  out.headers.clear();
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return bytes.size() > largest_head ? parse_state::bad : parse_state::needs_more;
  out.head = bytes.substr(0, end);
  const auto line_end = out.head.find("\r\n");
  if (!parse_request_line(out.head.substr(0, line_end), out)) return parse_state::bad;
  if (line_end != std::string_view::npos && !parse_headers(out.head.substr(line_end + 2), out))
    return parse_state::bad;
  if (same_name(out.header("Connection"), "close")) out.keep_alive = false;
  if (!out.header("Transfer-Encoding").empty()) return parse_state::bad;

  std::size_t length = 0;
  if (const auto text = out.header("Content-Length"); !text.empty()) {
    const auto* last = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), last, length);
    if (error != std::errc{} || stop != last || length > largest_body) return parse_state::bad;
  }
  out.size = end + 4 + length;
  if (bytes.size() < out.size) return parse_state::needs_more;
  out.body = bytes.substr(end + 4, length);
  return parse_state::done;
}

}  // namespace tokensyncd::sandbox
