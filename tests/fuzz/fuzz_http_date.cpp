#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/http/text/http_date.hpp"
#include "daemon/http/text/retry_after.hpp"

/// A date is within what four digits of a year can say, and a wait within a year.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono;
  constexpr tokensyncd::wall_time now{sys_days{2026y / November / 23}};
  constexpr sys_seconds end = sys_days{10000y / January / 1};
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto when = tokensyncd::http::parse_http_date(text, now);
  if (when && (*when < sys_seconds{} || *when >= end)) std::abort();
  const auto wait = tokensyncd::http::parse_retry_after(text, now);
  if (wait && abs(*wait) > hours{24} * 365) std::abort();
  if (when && !wait) std::abort();
  return 0;
}
