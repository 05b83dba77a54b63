#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/runtime/fs/secret_file.hpp"

/// Nothing but one newline is taken off, and one that was put on comes off again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto kept = tokensyncd::without_newline(text);
  if (!text.starts_with(kept)) std::abort();
  const auto off = std::string_view(text).substr(kept.size());
  if (!off.empty() && off != "\n" && off != "\r\n") std::abort();
  if (tokensyncd::without_newline(text + "\r\n") != text) std::abort();
  if (!text.ends_with('\r') && tokensyncd::without_newline(text + "\n") != text) std::abort();
  return 0;
}
