#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t rows_a_commit = 1024;

}  // namespace

task<> engine::core::save_times() {
  const auto slots = all.book.by_id();
  for (std::size_t i = 0; i < slots.size(); i += rows_a_commit) {
    std::vector<change> changes;
    for (std::size_t k = i; k < std::min(slots.size(), i + rows_a_commit); ++k) {
      const record& r = all.book.at(slots[k]);
      checks_.remember_doubt(slots[k]);
      if (r.wanted.generation != 0) changes.emplace_back(to_stored(r, world_.time));
    }
    const auto saved = co_await world_.memory.save(std::move(changes));
    if (!saved) {
      world_.observer.state_failed(saved.error());
      co_return;
    }
  }
}

void engine::core::store_anew() {
  has_lost_store_ = true;
  if (carriers_ && !leaving_) carriers_->start(store_all());
}

task<> engine::core::store_all() {
  has_lost_store_ = false;
  std::vector<change> changes;
  for (const auto& [id, past] : retired_) {
    if (past.what.wanted.generation != 0) changes.emplace_back(past.what);
    for (const auto& place : past.places) changes.emplace_back(place);
  }
  for (const std::uint16_t bytes : all.token_lengths.all())
    changes.emplace_back(seen_length{bytes});
  // Each row is made right before it is saved, so that none comes after a newer one.
  std::string after;
  for (bool more = true; more;) {
    more = describe_next(after, changes);
    std::vector<change> rows = std::exchange(changes, {});
    co_await save(std::move(rows));
  }
}

/// Adds what there is to store of the next workspaces, by id; false where that was the last.
bool engine::core::describe_next(std::string& after, std::vector<change>& changes) const {
  const auto slots = all.book.by_id();
  std::size_t i = after.empty() ? 0 : all.book.position_after(after);
  for (; i < slots.size() && changes.size() < rows_a_commit; ++i) {
    const record& r = all.book.at(slots[i]);
    after = r.id;
    if (r.wanted.generation == 0) continue;
    stored_workspace row = to_stored(r, world_.time);
    if (const auto& formers = all.past.of(slots[i]); !formers.empty()) row.formers = formers;
    changes.emplace_back(std::move(row));
    for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
      const presence& p = all.presence_of(r, k);
      // Of a token that is no longer wanted the fingerprint isn't kept: that place is compared
      // again.
      if (p.generation == 0 || !p.holds_token) continue;
      const engine_sink& sink = all.lane_of(r, k).what;
      changes.emplace_back(stored_presence{sink.writer->place(all.target_of(r)), r.id, p.generation,
                                           r.wanted.token, p.sign,
                                           from_unix_seconds(p.last_success).value_or(wall_time{}),
                                           p.hook_seen, sink.name, sink.removal});
    }
  }
  return i < slots.size();
}

}  // namespace tokensyncd::sync
