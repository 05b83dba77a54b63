#include "config/yaml/source_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tokensyncd::config {
namespace {

bool begins_with_null(std::string_view text) {
  constexpr std::array<std::string_view, 4> words{"~", "null", "Null", "NULL"};
  return std::ranges::any_of(words, [&](std::string_view word) { return text.starts_with(word); });
}

}  // namespace

place place_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the first line's 0
  return {static_cast<unsigned>(lines) + 1, static_cast<unsigned>(offset - line_start) + 1};
}

place source_text::place_of(const YAML::Mark& mark) const {
  const auto from_one = [](int number) { return static_cast<unsigned>(std::max(number, 0)) + 1; };
  return rewritten_.in_file({from_one(mark.line), from_one(mark.column)});
}

place source_text::place_of_empty_item(const YAML::Mark& mark) const {
  const place marked = place_of(mark);
  const std::size_t end = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
  if (begins_with_null(text_.substr(end))) return marked;  // written out, where it is marked
  std::string_view before = text_.substr(0, end);
  for (unsigned line = marked.line; line > 0; --line) {
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is the first line's 0
    const std::size_t first = before.find_first_not_of(" \t", start);
    if (first != std::string_view::npos && before[first] == '-') {
      return {line, static_cast<unsigned>(first - start) + 1};
    }
    before = before.substr(0, std::max<std::size_t>(start, 1) - 1);
  }
  return marked;
}

}  // namespace tokensyncd::config
