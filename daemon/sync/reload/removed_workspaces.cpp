#include "daemon/sync/reload/removed_workspaces.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_set>
#include <utility>

namespace tokensyncd::sync {
namespace {

/// So many that leave at once, and over a fifth of all, are more likely a configuration that isn't
/// complete, as a watched change that takes so many away.
constexpr std::size_t suspiciously_many = 5;

const failure too_many{
    failure_kind::invalid,
    "over a fifth of the workspaces were removed from the configuration while tokensyncd was "
    "stopped, so their tokens are kept although on_remove is delete; if that was intended, delete "
    "the tokens by hand"};
const failure out_of_reach{failure_kind::invalid,
                           "no configured sink can reach its token, so the token is kept although "
                           "on_remove was delete; delete it by hand"};

}  // namespace

removed_workspaces::removed_workspaces(clock& time, events& observer, fleet& all,
                                       event_tracker& tracker, placement_owners& owners,
                                       bool is_whole)
    : time_(time),
      observer_(observer),
      fleet_(all),
      event_tracker_(tracker),
      owners_(owners),
      is_whole_(is_whole) {}

void removed_workspaces::restore(const stored_workspace& row) {
  const auto slot = row.retired_at ? std::nullopt : fleet_.book.find(row.id);
  if (slot) {
    from_stored(row, fleet_, *slot, time_);
  } else {
    retired_[row.id].what = row;
  }
}

void removed_workspaces::restore(const stored_presence& row) {
  const auto slot = fleet_.book.find(row.workspace);
  if (!slot) {
    retired_[row.workspace].destinations.push_back(row);
    return;
  }
  const record& r = fleet_.book.at(*slot);
  bool is_used = false;
  for (std::size_t k = 0; k < fleet_.sinks_of(r); ++k) {
    const engine_sink& sink = fleet_.channel_of(r, k).what;
    if (sink.writer->destination(fleet_.target_of(r)) != row.destination) continue;
    is_used = true;
    if (row.generation == 0) {
      fleet_.uncertain[r.entry.first_presence + k] = row.tag;
    } else {
      presence& p = fleet_.presence_of(r, k);
      p.tag = row.tag;
      p.generation = row.generation;
      p.last_success = to_unix_seconds(row.last_success);
      p.holds_token = row.token == r.wanted.token;
      p.hook_seen = row.hook_seen;
    }
    if (row.sink == sink.name && row.removal == sink.removal) continue;
    owners_.note(row.destination, sink);
  }
  if (!is_used && row.removal == config::on_remove::erase) destinations_left_.push_back(row);
}

void removed_workspaces::finish_restore() {
  const auto slots = fleet_.book.by_id();
  recall({slots.begin(), slots.end()});
  note_left_while_down();
}

void removed_workspaces::note_left_while_down() {
  // Where these are only some of the workspaces, the others haven't left.
  if (!is_whole_) return destinations_left_.clear();
  std::size_t left = 0;
  std::vector<history*> since_the_stop;
  for (auto& [id, past] : retired_) {
    if (past.what.retired_at) {
      take_destinations(past);
      continue;
    }
    since_the_stop.push_back(&past);
    if (past.what.wanted.generation == 0) continue;
    ++left;
    past.what.retired_at = time_.wall();
    news_.emplace_back(past.what);
  }
  const std::size_t before = left + fleet_.book.by_id().size();
  const bool is_mass_removal = left >= suspiciously_many && left * 5 > before;
  for (history* each : since_the_stop)
    is_mass_removal ? keep_destinations(*each) : take_destinations(*each);
}

/// Once and for all, with the news that it left: at the next start that is none any more.
void removed_workspaces::keep_destinations(history& past) {
  for (stored_presence& row : past.destinations) {
    if (row.removal != config::on_remove::erase) continue;
    row.removal = config::on_remove::keep;
    destinations_kept_.push_back(row);
    news_.emplace_back(owned_presence{row.destination, row.sink, row.removal});
  }
}

void removed_workspaces::take_destinations(history& past) {
  const auto leaves = [this](const stored_presence& row) {
    if (row.removal != config::on_remove::erase) return false;
    destinations_left_.push_back(row);
    return true;
  };
  std::erase_if(past.destinations, leaves);
}

removed_workspaces::parting removed_workspaces::take_left_while_down(sink_tasks& tasks) {
  for (const stored_presence& row : std::exchange(destinations_kept_, {})) {
    observer_.retired({row.workspace, row.sink, row.generation, false, &too_many});
  }
  parting out;
  const auto used =
      destinations_left_.empty() ? std::unordered_set<std::string>{} : fleet_.canonical_locations();
  for (stored_presence& row : std::exchange(destinations_left_, {})) {
    const auto* found = channel_for(row);
    if (found == nullptr) {
      observer_.retired({row.workspace, row.sink, row.generation, false, &out_of_reach});
      continue;
    }
    const std::shared_ptr<sink>& writer = (*found)->what.writer;
    // Another workspace has it now: what is there is that one's.
    if (used.contains(writer->canonical_location_at(row.destination))) continue;
    tasks.started(*writer);
    out.destinations.push_back({row.workspace,
                                {},
                                row.sink,
                                row.destination,
                                row.removal,
                                writer,
                                row.tag,
                                row.generation,
                                row.token,
                                row.hook_seen,
                                true,
                                row.generation == 0 ? row.tag : etag{}});
  }
  out.news = std::exchange(news_, {});
  return out;
}

/// The sink of the same name where it reaches the place, else any that does; null: none does.
const std::shared_ptr<sink_channel>* removed_workspaces::channel_for(
    const stored_presence& row) const {
  const auto reaches = [&row](const auto& l) { return l->what.writer->reaches(row.destination); };
  const auto is_its = [&](const auto& l) { return l->what.name == row.sink && reaches(l); };
  auto found = std::ranges::find_if(fleet_.channels, is_its);
  if (found == fleet_.channels.end()) found = std::ranges::find_if(fleet_.channels, reaches);
  return found == fleet_.channels.end() ? nullptr : &*found;
}

void removed_workspaces::recall(const std::vector<std::uint32_t>& added) {
  for (const std::uint32_t slot : added) {
    const auto found = retired_.find(fleet_.book.at(slot).id);
    if (found == retired_.end()) continue;
    const history past = std::move(found->second);
    retired_.erase(found);
    if (past.what.wanted.generation != 0) from_stored(past.what, fleet_, slot, time_);
    for (const auto& destination : past.destinations) restore(destination);
    if (past.what.pending != pending_rotation::none) event_tracker_.expect_news(slot, time_.now());
  }
}

stored_workspace removed_workspaces::remember(std::uint32_t slot,
                                              const std::vector<retired_destination>& left) {
  const record& r = fleet_.book.at(slot);
  history& kept = retired_[r.id];
  kept.what = to_stored(r, time_);
  kept.what.retired_at = time_.wall();
  kept.what.formers = fleet_.history.past.of(slot);
  for (const auto& each : left) {
    if (each.workspace != r.id || each.removal == config::on_remove::erase) continue;
    kept.destinations.push_back({each.destination, r.id, each.generation, each.token,
                                 each.generation != 0 ? each.tag : each.uncertain, time_.wall(),
                                 each.hook_seen});
  }
  return kept.what;
}

void removed_workspaces::add_tokens(std::vector<fingerprint>& known) const {
  for (const auto& [id, past] : retired_) {
    if (past.what.wanted.generation != 0) known.push_back(past.what.wanted.token);
    if (past.what.previous) known.push_back(*past.what.previous);
  }
}

void removed_workspaces::add_rows(std::vector<change>& changes) const {
  for (const auto& [id, past] : retired_) {
    if (past.what.wanted.generation != 0) changes.emplace_back(past.what);
    for (const auto& destination : past.destinations) changes.emplace_back(destination);
  }
}

}  // namespace tokensyncd::sync
