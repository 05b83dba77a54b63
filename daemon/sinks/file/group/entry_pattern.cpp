#include "daemon/sinks/file/group/entry_pattern.hpp"

namespace tokensyncd::sinks {

entry_pattern::entry_pattern(const content& of, std::optional<std::string_view> workspace)
    : pieces_(1) {
  for (const auto& part : of.known_parts(workspace)) {
    if (part) {
      pieces_.back() += *part;
    } else {
      pieces_.emplace_back();
    }
  }
}

bool entry_pattern::fits(std::string_view entry) const {
  const std::string& first = pieces_.front();
  if (pieces_.size() == 1) return entry == first;
  if (!entry.starts_with(first)) return false;
  entry.remove_prefix(first.size());
  const std::string& last = pieces_.back();
  if (!entry.ends_with(last)) return false;
  entry.remove_suffix(last.size());
  // Each in between where it comes first: a later place could only leave less for the next.
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const std::size_t at = entry.find(pieces_[i]);
    if (at == std::string_view::npos) return false;
    entry.remove_prefix(at + pieces_[i].size());
  }
  return true;
}

}  // namespace tokensyncd::sinks
