#include "daemon/configuration.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "daemon/exit_code.hpp"

namespace tokensyncd {

config::environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string{name}.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
}

config::configuration load_or_fail(const std::filesystem::path& file) {
  auto loaded = config::load(file, process_environment());
  for (const auto& each : loaded.warnings) {
    std::fprintf(stderr, "tokensyncd: warning: %s\n", each.text().c_str());
  }
  if (!loaded.value) {
    std::string lines;
    for (const auto& each : loaded.errors) {
      lines += (lines.empty() ? "" : "\n") + each.text();
    }
    throw command_failed(exit_code::bad_config, lines);
  }
  return std::move(*loaded.value);
}

}  // namespace tokensyncd
