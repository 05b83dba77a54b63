#include "daemon/http/text/retry_after.hpp"

#include <algorithm>

#include "daemon/http/text/http_date.hpp"

namespace tokensyncd::http {
namespace {

using namespace std::chrono;

constexpr milliseconds longest = hours{24} * 365;

std::optional<milliseconds> parse_seconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return {};
  seconds wait{0};
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    wait = std::min(wait * 10 + seconds{c - '0'}, duration_cast<seconds>(longest));
  }
  return negative ? -wait : wait;
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view value, wall_time server_now) {
  if (const auto wait = parse_seconds(value)) return wait;
  const auto when = parse_http_date(value, server_now);
  if (!when) return {};
  return std::clamp(ceil<milliseconds>(*when - server_now), -longest, longest);
}

}  // namespace tokensyncd::http
