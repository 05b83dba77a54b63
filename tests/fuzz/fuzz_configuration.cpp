#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <stdlib.h>

#include "config/loader.hpp"
#include "config/print/effective.hpp"
#include "config/rules/reload_rules.hpp"
#include "config/rules/schedule_fit.hpp"

namespace {

/// A folder with a file that can be named as a secret's.
struct folder {
  folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fuzz-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    std::ofstream{path / "s"} << "x";
    std::filesystem::permissions(path / "s", std::filesystem::perms::owner_read);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { std::filesystem::remove_all(path); }

  std::filesystem::path path;
};

std::optional<std::string> variable(std::string_view name) {
  return name == "A" ? std::optional<std::string>{"a"} : std::nullopt;
}

}  // namespace

/// Whatever is no configuration is refused with a reason; what is one is printed as one that means
/// the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace config = tokensyncd::config;
  static const folder here;
  const auto file = here.path / "c.yaml";
  const std::string text{reinterpret_cast<const char*>(data), size};
  const config::loaded first = config::load_text(text, file, variable);
  if (first.value.has_value() != first.errors.empty()) std::abort();
  if (!first.value) return 0;
  (void)config::judge_schedule(*first.value);
  if (config::compare_workspaces(*first.value, *first.value).removed != 0) std::abort();
  const std::string printed = config::effective_yaml(*first.value, size);
  const config::loaded second = config::load_text(printed, file, variable);
  if (!second.value || config::effective_yaml(*second.value, size) != printed) std::abort();
  return 0;
}
