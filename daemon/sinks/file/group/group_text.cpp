#include "daemon/sinks/file/group/group_text.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "daemon/sinks/secret_text.hpp"

namespace tokensyncd::sinks {
namespace {

/// Values have no line ends: the loader refuses them in ids and labels, the source in tokens.
std::size_t line_ends_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

group_text::group_text(const config::file_grouping& frame, std::string_view entry)
    : frame_(frame), lines_(line_ends_in(entry) + line_ends_in(frame.separator)) {}

std::optional<std::vector<std::string_view>> group_text::split(std::string_view text) const {
  if (!text.starts_with(frame_.header)) return std::nullopt;
  text.remove_prefix(frame_.header.size());
  if (!text.ends_with(frame_.footer)) return std::nullopt;
  text.remove_suffix(frame_.footer.size());
  std::vector<std::string_view> entries;
  while (!text.empty()) {
    const std::size_t end = end_of_entry(text);
    std::string_view entry = text.substr(0, end);
    text.remove_prefix(entry.size());
    const bool has_all_lines = end != std::string_view::npos;
    // The last one has no separator, and so fewer lines, where there is one at all.
    const bool is_last = text.empty() && !frame_.separator.empty();
    if (has_all_lines == is_last) return std::nullopt;
    if (!is_last) {
      if (!entry.ends_with(frame_.separator)) return std::nullopt;
      entry.remove_suffix(frame_.separator.size());
    }
    entries.push_back(entry);
  }
  return entries;
}

std::size_t group_text::end_of_entry(std::string_view text) const {
  std::size_t end = 0;
  for (std::size_t line = 0; line != lines_; ++line) {
    const std::size_t found = text.find('\n', end);
    if (found == std::string_view::npos) return found;
    end = found + 1;
  }
  return end;
}

secret group_text::join(std::span<const std::string_view> entries) const {
  secret_text text;
  text.append(frame_.header);
  for (std::size_t i = 0; i != entries.size(); ++i) {
    if (i != 0) text.append(frame_.separator);
    text.append(entries[i]);
  }
  text.append(frame_.footer);
  return text.take();
}

std::optional<std::size_t> entry_finder::find(const entry_pattern& whose) {
  const bool is_next = next_ < entries_.size() && is_it(next_, whose);
  const auto found = is_next ? std::optional{next_} : search(whose);
  if (!found) return std::nullopt;
  is_found_[*found] = true;
  next_ = *found + 1;
  return found;
}

bool entry_finder::is_it(std::size_t index, const entry_pattern& whose) const {
  return !is_found_[index] && whose.fits(entries_[index]);
}

std::optional<std::size_t> entry_finder::search(const entry_pattern& whose) {
  const auto text_of_index = [this](std::size_t index) { return entries_[index]; };
  if (sorted_.size() != entries_.size()) {
    sorted_.resize(entries_.size());
    std::iota(sorted_.begin(), sorted_.end(), std::size_t{0});
    std::ranges::sort(sorted_, {}, [this](std::size_t i) { return std::pair{entries_[i], i}; });
  }
  const std::string_view beginning = whose.beginning();
  auto at = std::ranges::lower_bound(sorted_, beginning, {}, text_of_index);
  for (; at != sorted_.end() && entries_[*at].starts_with(beginning); ++at)
    if (is_it(*at, whose)) return *at;
  return std::nullopt;
}

}  // namespace tokensyncd::sinks
