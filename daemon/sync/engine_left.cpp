// What is remembered of places: whose they are, and what was left while we weren't running.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/sync/engine_core.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t rows_a_commit = 1024;
/// So many that leave at once, and over a fifth of all, are more likely a configuration that isn't
/// complete, as a watched change that takes so many away.
constexpr std::size_t suspiciously_many = 5;

const failure too_many{failure_kind::invalid,
                       "over a fifth of the workspaces were removed from the configuration while "
                       "tokensyncd was stopped, so their tokens are kept although on_remove is "
                       "delete; if that was intended, delete the tokens by hand"};
const failure out_of_reach{failure_kind::invalid,
                           "no configured sink can reach its token, so the token is kept although "
                           "on_remove was delete; delete it by hand"};

}  // namespace

void engine::core::restore_row(const stored_presence& row) {
  const auto slot = all.book.find(row.workspace);
  if (!slot) {
    retired_[row.workspace].places.push_back(row);
    return;
  }
  const record& r = all.book.at(*slot);
  bool is_used = false;
  for (std::size_t k = 0; k < all.sinks_of(r); ++k) {
    const engine_sink& sink = all.channel_of(r, k).what;
    if (sink.writer->place(all.target_of(r)) != row.place) continue;
    is_used = true;
    if (row.generation == 0) {
      all.uncertain[r.first_presence + k] = row.sign;
    } else {
      presence& p = all.presence_of(r, k);
      p.sign = row.sign;
      p.generation = row.generation;
      p.last_success = to_unix_seconds(row.last_success);
      p.holds_token = row.token == r.wanted.token;
      p.hook_seen = row.hook_seen;
    }
    if (row.sink == sink.name && row.removal == sink.removal) continue;
    owners_.push_back({row.place, sink.name, sink.removal});
  }
  if (!is_used && row.removal == config::on_remove::erase) places_left_.push_back(row);
}

void engine::core::note_left_while_down() {
  // Where these are only some of the workspaces, the others haven't left.
  if (!whole_) return places_left_.clear();
  std::size_t left = 0;
  std::vector<history*> since_the_stop;
  for (auto& [id, past] : retired_) {
    if (past.what.retired_at) {
      take_places(past);
      continue;
    }
    since_the_stop.push_back(&past);
    if (past.what.wanted.generation == 0) continue;
    ++left;
    past.what.retired_at = deps_.time.wall();
    left_while_down_.emplace_back(past.what);
  }
  const std::size_t before = left + all.book.by_id().size();
  const bool is_mass_removal = left >= suspiciously_many && left * 5 > before;
  for (history* each : since_the_stop) is_mass_removal ? keep_places(*each) : take_places(*each);
}

/// Once and for all, with the news that it left: at the next start that is none any more.
void engine::core::keep_places(history& past) {
  for (stored_presence& row : past.places) {
    if (row.removal != config::on_remove::erase) continue;
    row.removal = config::on_remove::keep;
    places_kept_.push_back(row);
    left_while_down_.emplace_back(owned_presence{row.place, row.sink, row.removal});
  }
}

void engine::core::take_places(history& past) {
  const auto leaves = [this](const stored_presence& row) {
    if (row.removal != config::on_remove::erase) return false;
    places_left_.push_back(row);
    return true;
  };
  std::erase_if(past.places, leaves);
}

void engine::core::finish_left_while_down() {
  for (const stored_presence& row : std::exchange(places_kept_, {})) {
    deps_.observer.retired({row.workspace, row.sink, row.generation, false, &too_many});
  }
  std::vector<retired_place> places;
  const auto used =
      places_left_.empty() ? std::unordered_set<std::string>{} : all.canonical_locations();
  for (stored_presence& row : std::exchange(places_left_, {})) {
    const auto reaches = [&row](const auto& l) { return l->what.writer->reaches(row.place); };
    const auto is_its = [&](const auto& l) { return l->what.name == row.sink && reaches(l); };
    auto found = std::ranges::find_if(all.channels, is_its);
    if (found == all.channels.end()) found = std::ranges::find_if(all.channels, reaches);
    if (found == all.channels.end()) {
      deps_.observer.retired({row.workspace, row.sink, row.generation, false, &out_of_reach});
      continue;
    }
    // Another workspace has it now: what is there is that one's.
    if (used.contains((*found)->what.writer->canonical_location_at(row.place))) continue;
    sink_tasks_.started(*(*found)->what.writer);
    places.push_back({row.workspace,
                      {},
                      row.sink,
                      row.place,
                      row.removal,
                      (*found)->what.writer,
                      row.sign,
                      row.generation,
                      row.token,
                      row.hook_seen,
                      true,
                      row.generation == 0 ? row.sign : mark{}});
  }
  if (!places.empty() || !left_while_down_.empty()) {
    sink_workers_->start(retire(std::move(places), std::exchange(left_while_down_, {})));
  }
  if (!owners_.empty()) sink_workers_->start(save_owners());
}

void engine::core::note_owners(const std::vector<std::shared_ptr<sink_channel>>& old_channels,
                               const std::vector<engine_sink>& old_sinks) {
  for (const auto& l : all.channels) {
    const auto old = std::ranges::find(old_channels, l);
    const auto* was = old == old_channels.end()
                          ? nullptr
                          : &old_sinks[static_cast<std::size_t>(old - old_channels.begin())];
    if (was != nullptr && was->name == l->what.name && was->removal == l->what.removal) continue;
    for (const std::uint32_t slot : all.book.by_id()) {
      const record& r = all.book.at(slot);
      const auto index = all.presence_in(r, *l);
      if (!index || all.book.presence_at(*index).generation == 0) continue;
      owners_.push_back({l->what.writer->place(all.target_of(r)), l->what.name, l->what.removal});
    }
  }
}

task<> engine::core::save_owners() {
  while (!owners_.empty()) {
    const std::size_t count = std::min(owners_.size(), rows_a_commit);
    std::vector<change> changes;
    for (std::size_t i = 0; i < count; ++i) {
      changes.emplace_back(std::move(owners_.back()));
      owners_.pop_back();
    }
    co_await save(std::move(changes));
  }
}

}  // namespace tokensyncd::sync
