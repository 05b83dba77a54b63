#include "daemon/sync/reload/placement_owners.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "daemon/sync/reporting.hpp"

namespace tokensyncd::sync {
namespace {

constexpr std::size_t rows_a_commit = 1024;

}  // namespace

placement_owners::placement_owners(dependencies deps, const fleet& all)
    : deps_(deps), fleet_(all) {}

void placement_owners::note(std::string destination, const engine_sink& sink) {
  owners_.push_back({std::move(destination), sink.name, sink.removal});
}

void placement_owners::note_reload(const std::vector<std::shared_ptr<sink_channel>>& old_channels,
                                   const std::vector<engine_sink>& old_sinks) {
  for (const auto& l : fleet_.channels) {
    const auto old = std::ranges::find(old_channels, l);
    const auto* was = old == old_channels.end()
                          ? nullptr
                          : &old_sinks[static_cast<std::size_t>(old - old_channels.begin())];
    if (was != nullptr && was->name == l->what.name && was->removal == l->what.removal) continue;
    for (const std::uint32_t slot : fleet_.book.by_id()) {
      const record& r = fleet_.book.at(slot);
      const auto index = fleet_.presence_in(r, *l);
      if (!index || fleet_.book.presence_at(*index).generation == 0) continue;
      note(l->what.writer->destination(fleet_.target_of(r)), l->what);
    }
  }
}

task<> placement_owners::save() {
  while (!owners_.empty()) {
    const std::size_t count = std::min(owners_.size(), rows_a_commit);
    std::vector<change> changes;
    for (std::size_t i = 0; i < count; ++i) {
      changes.emplace_back(std::move(owners_.back()));
      owners_.pop_back();
    }
    co_await save_or_report(deps_, std::move(changes));
  }
}

}  // namespace tokensyncd::sync
