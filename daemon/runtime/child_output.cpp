#include "daemon/runtime/child_output.hpp"

#include <algorithm>

#include "daemon/model/secret.hpp"

namespace tokensyncd {

child_output::~child_output() {
  for (std::string& each : begun_) wipe(each.data(), each.size());
}

void child_output::add(child_stream from, std::string_view bytes) {
  std::string& line = begun_[static_cast<std::size_t>(from)];
  line.reserve(most_bytes);  // never moved, so that what it holds can be wiped
  while (!bytes.empty() && !cut_) {
    const std::size_t room = most_bytes - std::min(bytes_, most_bytes);
    if (lines_ == most_lines || room == 0) return cut(from);
    const std::size_t end = bytes.find('\n');
    const std::string_view more = bytes.substr(0, end);
    const std::size_t fits = std::min(more.size(), room - std::min(room, line.size()));
    line.append(more.substr(0, fits));
    if (fits < more.size()) {
      tell_whole_words(from, more[fits]);
      return cut(from);
    }
    if (end == std::string_view::npos) return;
    tell(from);
    bytes.remove_prefix(end + 1);
  }
}

void child_output::cut(child_stream from) {
  cut_ = true;
  to_(from, "…cut");
}

/// The begun line without the word that goes on with `next`.
void child_output::tell_whole_words(child_stream from, char next) {
  std::string& line = begun_[static_cast<std::size_t>(from)];
  if (between_words.find(next) == std::string_view::npos) {
    const std::size_t last = line.find_last_of(between_words);
    const std::size_t whole = last == std::string::npos ? 0 : last + 1;
    wipe(line.data() + whole, line.size() - whole);
    line.resize(whole);
  }
  if (!line.empty()) tell(from);
}

void child_output::finish() {
  for (const child_stream each : {child_stream::out, child_stream::err}) {
    if (!begun_[static_cast<std::size_t>(each)].empty() && !cut_) tell(each);
  }
}

void child_output::tell(child_stream from) {
  std::string& line = begun_[static_cast<std::size_t>(from)];
  if (line.ends_with('\r')) line.pop_back();
  ++lines_;
  bytes_ += line.size() + 1;
  to_(from, line);
  // It may hold what the program was given.
  wipe(line.data(), line.size());
  line.clear();
}

}  // namespace tokensyncd
