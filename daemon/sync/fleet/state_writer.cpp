#include "daemon/sync/fleet/state_writer.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t rows_a_commit = 1024;
constexpr std::chrono::seconds pause_for_checks{1};

}  // namespace

state_writer::state_writer(dependencies deps, const fleet& all, const run_tasks& tasks)
    : deps_(deps), fleet_(all), tasks_(tasks) {}

task<> state_writer::save_times() {
  const auto slots = fleet_.book.by_id();
  for (std::size_t i = 0; i < slots.size(); i += rows_a_commit) {
    std::vector<change> changes;
    for (std::size_t k = i; k < std::min(slots.size(), i + rows_a_commit); ++k) {
      const record& r = fleet_.book.at(slots[k]);
      keep_pending_rotation(slots[k]);
      if (r.wanted.generation != 0) changes.emplace_back(to_stored(r, deps_.time));
    }
    const auto saved = co_await deps_.state.save(std::move(changes));
    if (!saved) {
      deps_.observer.state_failed(saved.error());
      co_return;
    }
  }
}

task<> state_writer::store_all() {
  has_lost_store_ = false;

  // Rows that no check changes go first.
  std::vector<change> changes;
  add_removed(changes);
  for (const std::uint16_t bytes : fleet_.history.token_lengths.all())
    changes.emplace_back(seen_length{bytes});

  // By id, because a reload may take a workspace away, or give its slot to another one, meanwhile.
  std::vector<std::string> ids;
  for (const std::uint32_t slot : fleet_.book.by_id()) ids.push_back(fleet_.book.at(slot).id);
  const auto pause = deps_.time.make_sleeper();
  while (!ids.empty() || !changes.empty()) {
    std::vector<std::string> later;
    for (std::string& id : ids) {
      const auto slot = fleet_.book.find(id);
      if (!slot) continue;
      // A check under way may have stored what the ledger learns only after that.
      if (fleet_.book.at(*slot).check.at == stage::in_flight && !tasks_.is_leaving) {
        later.push_back(std::move(id));
        continue;
      }
      add_rows_of(*slot, changes);
      if (changes.size() < rows_a_commit) continue;
      // Each row is made right before it is saved, so that none comes after a newer one.
      std::vector<change> rows = std::exchange(changes, {});
      if (!rows.empty()) co_await save_or_report(deps_, std::move(rows));
    }
    std::vector<change> rows = std::exchange(changes, {});
    if (!rows.empty()) co_await save_or_report(deps_, std::move(rows));
    ids = std::move(later);
    if (!ids.empty()) co_await pause->sleep_until(deps_.time.now() + pause_for_checks);
  }
}

/// What there is to store of a workspace and its places.
void state_writer::add_rows_of(std::uint32_t slot, std::vector<change>& changes) const {
  const record& r = fleet_.book.at(slot);
  if (r.wanted.generation == 0) return;
  stored_workspace row = to_stored(r, deps_.time);
  if (const auto& formers = fleet_.history.past.of(slot); !formers.empty()) row.formers = formers;
  changes.emplace_back(std::move(row));
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    const presence& p = fleet_.presence_of(r, k);
    // Of a token that is no longer wanted the fingerprint isn't kept: that place is compared
    // again.
    if (p.generation == 0 || !p.holds_token) continue;
    const engine_sink& sink = fleet_.channel_of(r, k).what;
    changes.emplace_back(stored_presence{sink.writer->destination(fleet_.target_of(r)), r.id,
                                         p.generation, r.wanted.token, p.tag,
                                         from_unix_seconds(p.last_success).value_or(wall_time{}),
                                         p.hook_seen, sink.name, sink.removal});
  }
}

}  // namespace tokensyncd::sync
