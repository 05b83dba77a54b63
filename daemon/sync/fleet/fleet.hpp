#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/sink_channel.hpp"
#include "daemon/sync/dispatch/priority.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fleet/ledger.hpp"
#include "daemon/sync/fleet/token_history.hpp"
#include "daemon/sync/ports/sink.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// What is known of a failing workspace since its last success.
struct source_trouble {
  std::string sentence;
  failure_kind kind = failure_kind::io_error;
  std::uint32_t consecutive = 0;
  steady_time since{};  ///< when the first of these failures was
};

/// A token that the Public API refused, until it accepts it or another one takes its place.
struct refused_token {
  fingerprint token{};
  std::string sentence;
  steady_time since{};                ///< when `token` was first refused
  std::uint32_t in_a_row = 0;         ///< tokens of this workspace
  std::vector<fingerprint> before{};  ///< of those, the last few before `token`
};

/// How far the workspaces are: written by fleet::refresh() alone, and re-indexed by
/// placement_migration when a reload moves presences.
struct sync_progress {
  std::unordered_map<std::size_t, steady_time> out_since;  ///< by presence: since when out of sync
  std::size_t unsettled = 0;          ///< workspaces not settled: see engine::settled
  std::function<void()> one_in_sync;  ///< called when a workspace has become in sync everywhere
  std::function<void()> all_settled;  ///< called when `unsettled` reaches 0
};

/// Everything that the stages share: all workspaces with what is wanted and what is there, the
/// sinks, and side tables for the few workspaces that need more.
struct fleet {
  ledger book;
  /// Shared, because work under way refers to labels that a reload replaces.
  std::shared_ptr<const std::vector<config::workspace_profile>> profiles;
  std::vector<std::shared_ptr<sink_channel>> channels;  ///< in the order of configuration::sinks
  std::unordered_map<std::uint32_t, source_trouble> troubles;  ///< by slot
  std::unordered_map<std::uint32_t, refused_token> refused;    ///< by slot
  /// What the Public API said of the newest token of `slot`; null where it hasn't refused that.
  [[nodiscard]] const refused_token* refusal_of(std::uint32_t slot) const;
  /// Whether the Public API has refused `known` and, as far as remembered, hasn't refused `other`.
  [[nodiscard]] bool is_refuted(std::uint32_t slot, const fingerprint& known,
                                const fingerprint& other) const;
  token_history history;
  sync_progress progress;
  std::unordered_map<std::size_t, etag> uncertain;  ///< see delivery_request::uncertain

  [[nodiscard]] const config::workspace_profile& profile_of(const record& r) const {
    return (*profiles)[r.entry.profile];
  }
  [[nodiscard]] std::size_t sinks_of(const record& r) const { return profile_of(r).sinks.size(); }
  [[nodiscard]] sink_channel& channel_of(const record& r, std::size_t k) const {
    return *channels[profile_of(r).sinks[k]];
  }
  [[nodiscard]] target target_of(const record& r) const {
    return {r.id, profile_of(r).workspace_labels};
  }
  [[nodiscard]] presence& presence_of(const record& r, std::size_t k) {
    return book.presence_at(r.entry.first_presence + k);
  }
  [[nodiscard]] const presence& presence_of(const record& r, std::size_t k) const {
    return book.presence_at(r.entry.first_presence + k);
  }

  /// Which of a workspace's presences belongs to `l`; none where it doesn't use that sink.
  [[nodiscard]] std::optional<std::size_t> presence_in(const record& r,
                                                       const sink_channel& l) const;

  /// All workspaces that use `l`, in the order of their ids; their labels are `profiles`'.
  [[nodiscard]] std::vector<sink_member> members_of(const sink_channel& l) const;

  /// Whether a workspace `id` is configured and one of its sinks may write to the place with this
  /// canonical_location.
  [[nodiscard]] bool is_in_use(std::string_view id, std::string_view canonical_location) const;

  /// The canonical_locations of all places of all entries.
  [[nodiscard]] std::unordered_set<std::string> canonical_locations() const;

  /// Who has an etag recorded that passes `is_it`: any but the presence at `but`, in sinks of
  /// `type`.
  [[nodiscard]] std::optional<etag_owner> owner_of_etag(std::string_view type,
                                                        std::optional<std::size_t> but,
                                                        const etag_test& is_it) const;

  [[nodiscard]] static bool in_sync(const record& r, const presence& p) noexcept {
    return r.wanted.generation != 0 && p.generation == r.wanted.generation && !p.drifted;
  }
  [[nodiscard]] bool all_in_sync(const record& r) const;

  /// What is there of `p` is known, by a delivery or a look: remembers that it was in sync if it
  /// is.
  static void note_in_sync(const record& r, presence& p) noexcept {
    if (in_sync(r, p)) p.once_in_sync = true;
  }

  /// Whether there are workspaces and the API knows none of them. Then that isn't about each of
  /// them, and they count as any other that gets no token.
  [[nodiscard]] bool all_are_gone() const;

  /// What the ledger says of a place, as its sink is told; none where it says nothing.
  [[nodiscard]] static std::optional<recorded> recorded_of(const record& r, const presence& p);

  /// How urgent a check of a workspace is that isn't in sync everywhere.
  [[nodiscard]] priority priority_of(const record& r) const;

  /// Brings what is derived (settled, once in sync, out of sync since) up to date after a change.
  void refresh(record& r, steady_time now);
};

/// Wall time to the resolution that records keep.
[[nodiscard]] std::uint32_t to_unix_seconds(wall_time when);
[[nodiscard]] std::optional<wall_time> from_unix_seconds(std::uint32_t when);

/// What the store is told of a workspace.
[[nodiscard]] stored_workspace to_stored(const record& r, const clock& time);

/// Gives the record in `slot`, and what `all` knows of it beside that, what the store remembers.
void from_stored(const stored_workspace& row, fleet& all, std::uint32_t slot, const clock& time);

}  // namespace tokensyncd::sync
