#include "daemon/runtime/process/child_output.hpp"

#include <algorithm>

#include "daemon/model/secret.hpp"

namespace tokensyncd {

child_output::~child_output() {
  for (std::string& each : begun_) wipe(each.data(), each.size());
}

std::size_t child_output::room() const noexcept {
  return most_bytes - std::min(bytes_, most_bytes);
}

void child_output::add(child_stream from, std::string_view bytes) {
  std::string& line = begun_[static_cast<std::size_t>(from)];
  line.reserve(most_bytes + read_ahead);  // never moved, so that what it holds can be wiped
  while (!bytes.empty() && !cut_) {
    if (lines_ == most_lines || room() == 0) return cut(from);
    const std::size_t end = bytes.find('\n');
    const std::string_view more = bytes.substr(0, end);
    const std::size_t most = room() + read_ahead;
    const std::size_t fits = std::min(more.size(), most - std::min(most, line.size()));
    line.append(more.substr(0, fits));
    const bool is_whole = fits == more.size();
    if (is_whole && end == std::string_view::npos) return;
    if (!is_whole || line.size() > room()) return tell_and_cut(from);
    tell(from);
    bytes.remove_prefix(end + 1);
  }
}

void child_output::cut(child_stream from) {
  constexpr std::string_view last = "…cut";
  cut_ = true;
  to_(from, last, last.size());
}

/// As much of the begun line as there is room for, without the word that would be cut in two.
void child_output::tell_and_cut(child_stream from) {
  std::string& line = begun_[static_cast<std::size_t>(from)];
  std::size_t shown = std::min(room(), line.size());
  if (shown < line.size() && between_words.find(line[shown]) == std::string_view::npos) {
    const std::size_t last = std::string_view(line).substr(0, shown).find_last_of(between_words);
    shown = last == std::string_view::npos ? 0 : last + 1;
  }
  if (shown != 0) to_(from, line, shown);
  wipe(line.data(), line.size());
  line.clear();
  cut(from);
}

void child_output::finish() {
  for (const child_stream each : {child_stream::out, child_stream::err}) {
    const std::string& line = begun_[static_cast<std::size_t>(each)];
    if (line.empty() || cut_) continue;
    if (line.size() > room()) {
      tell_and_cut(each);
    } else {
      tell(each);
    }
  }
}

void child_output::tell(child_stream from) {
  std::string& line = begun_[static_cast<std::size_t>(from)];
  if (line.ends_with('\r')) line.pop_back();
  ++lines_;
  bytes_ += line.size() + 1;
  to_(from, line, line.size());
  // It may hold what the program was given.
  wipe(line.data(), line.size());
  line.clear();
}

}  // namespace tokensyncd
