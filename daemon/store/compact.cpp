#include "daemon/store/compact.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace tokensyncd::store {
namespace {

/// What later changes have said already, going back from the last one.
class said_later {
 public:
  bool is_needless(const sync::change& what) {
    return std::visit([this](const auto& row) { return look(row); }, what);
  }

 private:
  /// A row without former tokens leaves those that are there.
  bool look(const sync::stored_workspace& row) {
    const bool is_said = !workspaces_.insert(row.id).second;
    return row.formers ? !formers_.insert(row.id).second && is_said : is_said;
  }
  // These two say all that there is of a place, the next two add to what is there.
  bool look(const sync::stored_presence& row) {
    return !destinations_.insert(row.destination).second;
  }
  bool look(const sync::forgotten_presence& row) {
    return !destinations_.insert(row.destination).second;
  }
  bool look(const sync::seen_presence& row) {
    return destinations_.contains(row.destination) || !seen_.insert(row.destination).second;
  }
  bool look(const sync::owned_presence& row) {
    return destinations_.contains(row.destination) || !owners_.insert(row.destination).second;
  }
  bool look(const sync::seen_length& row) { return !lengths_.insert(row.bytes).second; }

  // Views into the changes, which stay where they are meanwhile.
  std::unordered_set<std::string_view> workspaces_;
  std::unordered_set<std::string_view> formers_;
  std::unordered_set<std::string_view> destinations_;
  std::unordered_set<std::string_view> seen_;
  std::unordered_set<std::string_view> owners_;
  std::unordered_set<std::uint16_t> lengths_;
};

}  // namespace

void compact(std::vector<sync::change>& changes) {
  said_later later;
  std::vector<bool> needless(changes.size());
  for (std::size_t i = changes.size(); i-- > 0;) needless[i] = later.is_needless(changes[i]);
  std::vector<sync::change> kept;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (!needless[i]) kept.push_back(std::move(changes[i]));
  }
  changes = std::move(kept);
}

}  // namespace tokensyncd::store
