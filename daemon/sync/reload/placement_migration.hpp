#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// A place that a workspace no longer uses.
struct retired_destination {
  std::string workspace;
  config::labels labels;
  std::string sink_name;
  std::string destination;
  config::on_remove removal = config::on_remove::keep;
  std::shared_ptr<sync::sink> writer;
  etag tag{};
  std::uint32_t generation = 0;
  fingerprint token{};          ///< that is there; all zero: it isn't known
  std::uint32_t hook_seen = 0;  ///< the generation that its sink's hook has seen
  /// It was left while we weren't running: `writer` never wrote there, and knows it by
  /// `destination`.
  bool by_destination = false;
  etag uncertain{};  ///< of what may be there instead of `tag`; all zero: nothing
};

/// What a reload makes of the places of the setup before. A place goes on under whatever sink of
/// the new setup writes to it; what is known of it goes with it.
class placement_migration {
 public:
  /// `all` has the new setup, but the presences of the old one. Refers to all that it is given.
  placement_migration(fleet& all, const ledger::merge_result& merged,
                      const std::vector<config::workspace_profile>& old_profiles,
                      const std::vector<engine_sink>& old_sinks);

  /// Gives every workspace the presences of the new setup. Those that left must be there still.
  void carry_over();

  /// What carry_over() found no user for.
  std::vector<retired_destination> left;
  /// Slots of the workspaces that stay, but not in every place: what is on its way to one of these
  /// would go to the old place.
  std::vector<std::uint32_t> moved;

 private:
  [[nodiscard]] const config::workspace_profile* old_profile_of(std::uint32_t slot) const;
  [[nodiscard]] std::string old_destination(const record& r, const config::workspace_profile& old,
                                            std::size_t j) const;
  [[nodiscard]] std::string new_destination(const record& r, std::size_t k) const;
  [[nodiscard]] bool stays(const record& r, const std::string& destination) const;
  [[nodiscard]] std::optional<std::size_t> presence_before(std::uint32_t slot, std::size_t k) const;
  void retire(const record& r, const config::workspace_profile& old, std::size_t j);
  void lay_out();

  fleet& all_;
  const ledger::merge_result& merged_;
  const std::vector<config::workspace_profile>& old_profiles_;
  const std::vector<engine_sink>& old_sinks_;
};

}  // namespace tokensyncd::sync
