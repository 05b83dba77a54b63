#include "daemon/commands/console/table.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tokensyncd::commands {

namespace {

/// Characters, not bytes: continuation bytes of UTF-8 take no place.
std::size_t width(std::string_view cell) {
  return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string printable(std::string_view cell) {
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

std::string render_table(const std::vector<std::vector<std::string>>& lines) {
  const auto widths = column_widths(lines);
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i != line.size(); ++i) {
      text += printable(line[i]);
      text.append(widths[i] - width(line[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

}  // namespace tokensyncd::commands
