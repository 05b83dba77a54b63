#include "daemon/commands/console/table.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tokensyncd::commands {

namespace {

/// Continuation bytes of UTF-8 take no place.
bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// In characters, not bytes.
std::size_t width(std::string_view cell) {
  return static_cast<std::size_t>(std::ranges::count_if(cell, begins_character));
}

std::string without_controls(std::string_view cell) {
  std::string out{cell};
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7f'; }, '?');
  return out;
}

std::vector<std::size_t> column_widths(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i != line.size(); ++i) {
      widths[i] = std::max(widths[i], width(line[i]));
    }
  }
  return widths;
}

}  // namespace

std::string render_table(std::vector<std::vector<std::string>> lines, std::size_t limit) {
  const std::size_t all = lines.size() - 1;
  if (limit != 0 && all > limit) lines.resize(limit + 1);
  const auto widths = column_widths(lines);
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i != line.size(); ++i) {
      text += without_controls(line[i]);
      text.append(widths[i] - width(line[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  const std::size_t more = all + 1 - lines.size();
  if (more != 0) out += "and " + std::to_string(more) + " more\n";
  return out;
}

std::string cut_to(std::string_view text, std::size_t rows, std::size_t columns) {
  std::string out;
  std::size_t row = 0;
  std::size_t column = 0;
  for (const char c : text) {
    if (c == '\n') {
      if (++row == rows) return out;
      column = 0;
      out += c;
      continue;
    }
    column += begins_character(c) ? std::size_t{1} : std::size_t{0};
    if (column <= columns) out += c;
  }
  return out;
}

}  // namespace tokensyncd::commands
