#include "daemon/http/text/reply_bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>

#include "daemon/http/text/origin.hpp"
#include "daemon/http/text/request_bytes.hpp"

namespace tokensyncd::http {
namespace {

std::string_view reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
  if (!is_header_name(name) || !is_header_value(value))
    throw std::invalid_argument("a reply's header is not one");
  head.append(name).append(": ").append(value).append("\r\n");
}

/// A request's target (RFC 9112, section 3.2); false where it is none that a server takes.
bool read_target(std::string_view target, server_request& into) {
  const bool is_options = into.method == "OPTIONS";
  if (is_options && target == "*") {
    into.path = target;
    return true;
  }
  const bool whole = !target.starts_with('/');
  if (whole) {
    if (!parse_url(target) || target.find('#') != std::string_view::npos) return false;
    target.remove_prefix(target.find("://") + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    into.host = target.substr(0, end);
    target.remove_prefix(end);
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  into.path = target.substr(0, mark);
  into.query = target.substr(std::min(mark + 1, target.size()));
  if (into.path.empty()) into.path = is_options && into.query.empty() ? "*" : "/";
  return true;
}

}  // namespace

std::string http_date(wall_time when) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  std::tm at{};
  ::gmtime_r(&seconds, &at);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days.at(static_cast<std::size_t>(at.tm_wday)), at.tm_mday,
                months.at(static_cast<std::size_t>(at.tm_mon)), at.tm_year + 1900, at.tm_hour,
                at.tm_min, at.tm_sec);
  return text;
}

std::string reply_head(const reply& what, framing how, bool keep, wall_time now) {
  if (what.status < 200 || what.status > 599)
    throw std::invalid_argument("a reply's status is not one");
  std::string head = "HTTP/1.1 " + std::to_string(what.status) + ' ';
  head.append(reason(what.status)).append("\r\n");
  add_header(head, "Date", http_date(now));
  if (what.status != 204) {
    add_header(head, "Content-Type", what.content_type);
    if (how == framing::length)
      add_header(head, "Content-Length", std::to_string(what.body.size()));
    if (how == framing::chunked) add_header(head, "Transfer-Encoding", "chunked");
  }
  add_header(head, "Connection", keep ? "keep-alive" : "close");
  for (const auto& [name, value] : what.headers) add_header(head, name, value);
  return head += "\r\n";
}

reply refusal(unsigned status) {
  reply answer;
  answer.status = status;
  answer.body = std::to_string(status) + ' ';
  answer.body.append(reason(status)).append("\n");
  return answer;
}

std::optional<std::string_view> server_request::header(std::string_view name) const noexcept {
  std::optional<std::string_view> found;
  for (const field& one : fields) {
    if (!same_name(one.name, name)) continue;
    if (found) return {};
    found = one.value;
  }
  return found;
}

std::string chunk_head(std::size_t size) {
  char text[24];
  const int length = std::snprintf(text, sizeof text, "%zx\r\n", size);
  return {text, static_cast<std::size_t>(length)};
}

checked_request check_request(const message_reader<true>& from) {
  const auto& message = from.message();
  const auto hosts = std::ranges::count_if(
      from.fields(), [](const field& one) { return same_name(one.name, "host"); });
  checked_request checked;
  server_request& request = checked.request;
  request.method = message.method();
  request.host = from.header("host").value_or("");
  if (hosts > 1 || (hosts == 0 && message.is_http11()) || !read_target(message.target(), request)) {
    checked.refused = 400;
    return checked;
  }
  request.accept = from.header("accept").value_or("");
  request.body = message.body();
  request.fields = from.fields();
  return checked;
}

unsigned refused_with(progress how) noexcept {
  switch (how) {
    case progress::header_too_large:
      return 431;
    case progress::body_too_large:
      return 413;
    default:
      return 400;
  }
}

}  // namespace tokensyncd::http
