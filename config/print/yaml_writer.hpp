#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "config/values.hpp"

/// The little YAML in which a configuration is printed, so that the loader reads it back.
namespace tokensyncd::config {

/// A value in double quotes, with what YAML or `${}` would read otherwise escaped.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// `[a, b]`, each item by `text(item)`.
template <class Items, class Text>
[[nodiscard]] std::string flow_list(const Items& items, const Text& text) {
  std::string out;
  for (const auto& one : items) {
    out += (out.empty() ? "" : ", ") + text(one);
  }
  return "[" + out + "]";
}

/// `{"name": "value"}`; names may be any text without control characters.
[[nodiscard]] std::string flow_map(const labels& all);

/// Collects lines.
class yaml_writer {
 public:
  /// Any text, as it is.
  yaml_writer& operator+=(std::string_view text) {
    out_ += text;
    return *this;
  }
  /// A key whose members follow.
  void section(std::string_view name, std::size_t depth = 0);
  /// `key: value`, the value as it is.
  void line(std::size_t depth, std::string_view key, std::string_view value);
  /// `key: true` or `key: false`.
  void flag(std::size_t depth, std::string_view key, bool value);
  /// `key: "value"`; nothing where the value is empty.
  void text(std::size_t depth, std::string_view key, std::string_view value);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace tokensyncd::config
