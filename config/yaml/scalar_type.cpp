#include "config/yaml/scalar_type.hpp"

#include <algorithm>
#include <cstddef>

namespace tokensyncd::config {
namespace {

std::size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
  const auto skip_sign = [&] {
    if (text.starts_with('-') || text.starts_with('+')) {
      text.remove_prefix(1);
    }
  };
  skip_sign();
  const std::size_t whole = count_digits(text);
  text.remove_prefix(whole);
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = count_digits(text);
    text.remove_prefix(fraction);
  }
  if (whole + fraction == 0) {
    return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    skip_sign();
    return !text.empty() && count_digits(text) == text.size();
  }
  return text.empty();
}

bool is_special_float(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return true;
  }
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

bool has_only(std::string_view text, std::string_view prefix, std::string_view allowed) {
  return text.starts_with(prefix) && text.size() > prefix.size() &&
         text.find_first_not_of(allowed, prefix.size()) == std::string_view::npos;
}

}  // namespace

scalar_type plain_type(std::string_view text) {
  for (const std::string_view truth : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == truth) {
      return scalar_type::boolean;
    }
  }
  const bool number = is_decimal(text) || is_special_float(text) ||
                      has_only(text, "0o", "01234567") ||
                      has_only(text, "0x", "0123456789abcdefABCDEF");
  return number ? scalar_type::number : scalar_type::text;
}

}  // namespace tokensyncd::config
