#include "config/yaml/json_escapes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace tokensyncd::config {
namespace {

constexpr std::size_t escape_length = 6;  // \uXXXX

/// The number in the escape `\uXXXX` at `at`; none where there is no such escape.
std::optional<std::uint32_t> escaped(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(std::min(at, text.size()), escape_length);
  if (escape.size() != escape_length || !escape.starts_with("\\u")) return {};
  std::uint32_t number = 0;
  const char* const last = escape.data() + escape.size();
  const auto [end, wrong] = std::from_chars(escape.data() + 2, last, number, 16);
  if (wrong != std::errc{} || end != last) return {};
  return number;
}

/// The character that the surrogate pair at `at` stands for; none where there is no pair.
std::optional<std::uint32_t> paired(std::string_view text, std::size_t at) {
  const auto high = escaped(text, at);
  if (!high || *high < 0xD800 || *high > 0xDBFF) return {};
  const auto low = escaped(text, at + escape_length);
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return {};
  return 0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00);
}

std::string as_yaml(std::uint32_t character) {
  std::array<char, 16> text{};
  const int length = std::snprintf(text.data(), text.size(), "\\U%08X", character);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// Reads a text as JSON's words and writes it again. Stops at the first character that JSON has not
/// in this place: quotes may mean something else from there on.
class rewriter {
 public:
  explicit rewriter(std::string_view from) : from_(from) {}

  /// False where `from` isn't JSON.
  bool run() {
    while (at_ < from_.size()) {
      if (in_string_ ? !take_in_string() : !take_outside()) return false;
    }
    return !in_string_;
  }

  yaml_text take() { return std::move(out_); }

 private:
  bool take_in_string() {
    const char c = from_[at_];
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c == '"') in_string_ = false;
    if (c != '\\') {
      copy(1);
    } else if (const auto character = paired(from_, at_)) {
      out_.text += as_yaml(*character);
      at_ += 2 * escape_length;
      const auto column = static_cast<unsigned>(out_.text.size() - line_start_);
      out_.shortened.push_back({line_, column + 1});
    } else {
      copy(2);
    }
    return true;
  }

  bool take_outside() {
    constexpr std::string_view white = " \t\r\n";
    constexpr std::string_view words = "truefalsn0123456789+-.eE";
    constexpr std::string_view before_value{"[{,:\0", 5};
    const char c = from_[at_];
    const bool first = before_ == '\0';
    if (white.find(c) != std::string_view::npos) {
      copy(1);
      return true;
    }
    const bool may_begin = !first || c == '[' || c == '{';
    const bool fits = c == '"'   ? before_value.find(before_) != std::string_view::npos
                      : c == ':' ? before_ == '"'
                                 : std::string_view{"[]{},"}.find(c) != std::string_view::npos ||
                                       words.find(c) != std::string_view::npos;
    if (!may_begin || !fits) return false;
    in_string_ = c == '"';
    before_ = c;
    copy(1);
    return true;
  }

  void copy(std::size_t count) {
    const std::string_view some = from_.substr(at_, count);
    out_.text += some;
    at_ += some.size();
    if (some == "\n") {
      ++line_;
      line_start_ = out_.text.size();
    }
  }

  std::string_view from_;
  std::size_t at_ = 0;
  bool in_string_ = false;
  char before_ = '\0';  // the last character that is no white space, outside of strings
  yaml_text out_;
  unsigned line_ = 1;
  std::size_t line_start_ = 0;
};

bool holds_pairs(std::string_view text) {
  std::size_t at = text.find("\\u");
  while (at != std::string_view::npos && !paired(text, at)) at = text.find("\\u", at + 1);
  return at != std::string_view::npos;
}

}  // namespace

place yaml_text::in_file(place at) const {
  const auto up_to = [this](place end) {
    return std::ranges::upper_bound(
        shortened, std::tie(end.line, end.column), {},
        [](const place& one) { return std::tie(one.line, one.column); });
  };
  const auto before = up_to(at) - up_to({at.line, 0});
  return {at.line, at.column + 2 * static_cast<unsigned>(before)};
}

yaml_text with_yaml_escapes(std::string text) {
  if (holds_pairs(text)) {
    rewriter json{text};
    if (json.run()) return json.take();
  }
  return {std::move(text), {}};
}

}  // namespace tokensyncd::config
