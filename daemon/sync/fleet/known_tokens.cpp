#include "daemon/sync/fleet/known_tokens.hpp"

#include <algorithm>

#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

token_test known_tokens::test() {
  auto list = list_.lock();
  if (!list) list_ = list = std::make_shared<token_list>();
  token_test test;
  test.is_token = [this, list](std::string_view text) { return is_token(*list, text); };
  test.lengths = [this] { return fleet_.history.token_lengths.all(); };
  return test;
}

bool known_tokens::is_token(token_list& list, std::string_view text) const {
  // A program may have read a token that came after it began. recent_tokens has the last few of
  // those; the list is made anew when it lacks more.
  const std::uint64_t changes = fleet_.history.newest.changes();
  if (!list.as_of || changes - *list.as_of > recent_tokens::most) {
    list.known = all_of_now();
    list.as_of = changes;
  }
  const fingerprint print = prints_.of(text);
  return fleet_.history.newest.holds(print, *list.as_of) ||
         std::ranges::binary_search(list.known, print.bytes, {}, &fingerprint::bytes);
}

/// Of all sinks, because the program of one may read what another sink wrote.
std::vector<fingerprint> known_tokens::all_of_now() const {
  std::vector<fingerprint> known;
  for (const std::uint32_t slot : fleet_.book.by_id()) {
    const record& r = fleet_.book.at(slot);
    if (r.wanted.generation == 0) continue;
    known.push_back(r.wanted.token);
    if (r.token.has_previous) known.push_back(r.token.previous);
  }
  fleet_.history.past.add_to(known);
  if (of_who_left) of_who_left(known);
  std::ranges::sort(known, {}, &fingerprint::bytes);
  return known;
}

}  // namespace tokensyncd::sync
