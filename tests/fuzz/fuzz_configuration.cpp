#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/loader.hpp"

/// Any bytes are a configuration or have errors, each with a sentence; never both, never neither.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text{reinterpret_cast<const char*>(data), size};
  const auto nothing_is_set = [](std::string_view) { return std::optional<std::string>{}; };
  const auto outcome = tokensyncd::config::load_text(
      std::move(text), "/nonexistent/tokensyncd.yaml", nothing_is_set);
  if (outcome.value.has_value() != outcome.errors.empty()) std::abort();
  for (const auto& error : outcome.errors) {
    if (error.sentence.empty()) std::abort();
  }
  return 0;
}
