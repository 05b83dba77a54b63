#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"
#include "daemon/sync/fetching/observed.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t rows_a_commit = 1024;
constexpr std::chrono::seconds pause_for_checks{1};

}  // namespace

task<> engine::core::save_times() {
  const auto slots = all.book.by_id();
  for (std::size_t i = 0; i < slots.size(); i += rows_a_commit) {
    std::vector<change> changes;
    for (std::size_t k = i; k < std::min(slots.size(), i + rows_a_commit); ++k) {
      const record& r = all.book.at(slots[k]);
      checks_.remember_doubt(slots[k]);
      if (r.wanted.generation != 0) changes.emplace_back(to_stored(r, deps_.time));
    }
    const auto saved = co_await deps_.memory.save(std::move(changes));
    if (!saved) {
      deps_.observer.state_failed(saved.error());
      co_return;
    }
  }
}

void engine::core::store_anew() {
  has_lost_store_ = true;
  if (tasks_.may_start()) tasks_.sinks->start(store_all());
}

task<> engine::core::store_all() {
  has_lost_store_ = false;
  std::vector<change> changes;
  removed_.add_rows(changes);
  for (const std::uint16_t bytes : all.history.token_lengths.all())
    changes.emplace_back(seen_length{bytes});

  std::vector<std::string> ids;
  for (const std::uint32_t slot : all.book.by_id()) ids.push_back(all.book.at(slot).id);
  const auto pause = deps_.time.make_sleeper();
  while (!ids.empty() || !changes.empty()) {
    std::vector<std::string> later;
    for (std::string& id : ids) {
      const auto slot = all.book.find(id);
      if (!slot) continue;
      // A check under way may have stored what the ledger learns only after that.
      if (all.book.at(*slot).at == stage::in_flight && !tasks_.is_leaving) {
        later.push_back(std::move(id));
        continue;
      }
      add_rows_of(*slot, changes);
      if (changes.size() < rows_a_commit) continue;
      // Each row is made right before it is saved, so that none comes after a newer one.
      std::vector<change> rows = std::exchange(changes, {});
      if (!rows.empty()) co_await save_or_tell(deps_, std::move(rows));
    }
    std::vector<change> rows = std::exchange(changes, {});
    if (!rows.empty()) co_await save_or_tell(deps_, std::move(rows));
    ids = std::move(later);
    if (!ids.empty()) co_await pause->sleep_until(deps_.time.now() + pause_for_checks);
  }
}

/// What there is to store of a workspace and its places.
void engine::core::add_rows_of(std::uint32_t slot, std::vector<change>& changes) const {
  const record& r = all.book.at(slot);
  if (r.wanted.generation == 0) return;
  stored_workspace row = to_stored(r, deps_.time);
  if (const auto& formers = all.history.past.of(slot); !formers.empty()) row.formers = formers;
  changes.emplace_back(std::move(row));
  for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
    const presence& p = all.presence_of(r, k);
    // Of a token that is no longer wanted the fingerprint isn't kept: that place is compared
    // again.
    if (p.generation == 0 || !p.holds_token) continue;
    const engine_sink& sink = all.channel_of(r, k).what;
    changes.emplace_back(stored_presence{sink.writer->place(all.target_of(r)), r.id, p.generation,
                                         r.wanted.token, p.sign,
                                         from_unix_seconds(p.last_success).value_or(wall_time{}),
                                         p.hook_seen, sink.name, sink.removal});
  }
}

}  // namespace tokensyncd::sync
