#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/model/time.hpp"

/// Whatever is read as a time is written in a form that is read as the same time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto when = tokensyncd::parse_rfc3339(text)) {
    if (tokensyncd::parse_rfc3339(tokensyncd::format_rfc3339(*when)) != when) std::abort();
  }
  return 0;
}
