#include "config/yaml/interpolation.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "config/yaml/nearest_name.hpp"

namespace tokensyncd::config {
namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, allowed);
}

}  // namespace

std::variant<std::string, interpolation_error> interpolate(std::string_view text,
                                                           const environment& env) {
  constexpr std::string_view separator = ":-";
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t dollar = std::min(text.find('$', at), text.size());
    out += text.substr(at, dollar - at);
    if (dollar == text.size()) {
      break;
    }
    const std::string_view rest = text.substr(dollar + 1);
    if (rest.starts_with('$')) {
      out += '$';
      at = dollar + 2;
      continue;
    }
    const std::size_t end = rest.find('}');
    if (!rest.starts_with('{') || end == std::string_view::npos) {
      return interpolation_error{"`$` must be followed by {NAME}; write `$$` for a dollar sign"};
    }
    const std::string_view inside = rest.substr(1, end - 1);
    const std::size_t split = inside.find(separator);
    const std::string_view name = inside.substr(0, split);
    if (!is_variable_name(name)) {
      return interpolation_error{
          "`${` is not followed by a variable name; write ${NAME} or ${NAME:-default}, or `$$` for "
          "a dollar sign"};
    }
    const std::optional<std::string> value = env(name);
    if (split != std::string_view::npos && value.value_or("").empty()) {
      out += inside.substr(split + separator.size());
    } else if (value) {
      out += *value;
    } else {
      return interpolation_error{"the environment variable " + printable(name) +
                                 " is not set; set it, or give a default with ${" +
                                 printable(name) + ":-default}"};
    }
    at = dollar + 1 + end + 1;
  }
  return out;
}

}  // namespace tokensyncd::config
