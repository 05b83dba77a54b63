#include "daemon/commands/console/progress.hpp"

#include <algorithm>

namespace tokensyncd::commands {

namespace {

std::string count(const progress& now) {
  auto text = std::to_string(now.done) + "/" + std::to_string(now.total) + " in sync";
  if (now.gone != 0) {
    text += ", " + std::to_string(now.gone) + " gone";
  }
  return text;
}

std::size_t tenths(const progress& now) {
  return now.total == 0 ? 10 : now.done * 10 / now.total;
}

}  // namespace

std::string render_bar(const progress& now, std::size_t columns) {
  auto text = count(now);
  constexpr std::size_t around = 4;  // brackets, a space, and the last column left free
  if (columns < text.size() + around + 10) {
    return text;
  }
  const auto length = std::min<std::size_t>(columns - text.size() - around, 50);
  const auto full = now.total == 0 ? length : length * now.done / now.total;
  return "[" + std::string(full, '#') + std::string(length - full, '-') + "] " + text;
}

std::string render_step(const progress& before, const progress& now) {
  const bool ended = now.done == now.total && before.done != before.total;
  if (tenths(before) == tenths(now) && before.gone == now.gone && !ended) {
    return {};
  }
  return count(now);
}

}  // namespace tokensyncd::commands
