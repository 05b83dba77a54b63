#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"
#include "daemon/model/trigger.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/dispatch/priority.hpp"
#include "daemon/sync/ports/sink.hpp"
#include "daemon/sync/ports/status.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::sync {

/// Names a record across awaits: it names nothing any more once its workspace left, or its settings
/// changed, with a reload.
struct handle {
  std::uint32_t slot = 0;
  std::uint32_t epoch = 0;
  friend bool operator==(const handle&, const handle&) = default;
};

/// What is there of one workspace in one sink. 48 bytes.
///
/// Who writes it, once a start or a reload has restored it as a whole:
/// - delivery, when a token has arrived: tag, generation, last_success, holds_token; clears
/// drifted
/// - drift, when a look has found something else: sets drifted
/// - fetching, when another token is wanted: clears holds_token
/// - hook_runner: hook_seen
/// - fleet::note_in_sync() alone: once_in_sync
struct presence {
  etag tag{};
  std::uint32_t generation = 0;    ///< of the revision delivered; 0: nothing known
  std::uint32_t last_success = 0;  ///< Unix seconds; 0: never
  std::uint32_t hook_seen = 0;     ///< generation that the sink's hook has seen; 0: none
  bool holds_token = false;   ///< the token there is the wanted one (its generation may be older)
  bool drifted = false;       ///< what is there isn't what was recorded
  bool once_in_sync = false;  ///< since start, and known to have been
};

/// Where a record is in its round.
enum class stage : std::uint8_t { scheduled, ready, in_flight };

/// Where a workspace is in the ledger. Written by the ledger.
struct ledger_entry {
  std::uint32_t profile = 0;         ///< index into fleet::profiles
  std::uint32_t first_presence = 0;  ///< index of its first presence
  std::uint32_t epoch = 0;           ///< see handle
};

/// Where the check of a workspace stands. Written by dispatcher.
struct check_state {
  stage at = stage::scheduled;
  priority rank = priority::poll;
  trigger why = trigger::startup;
  bool dirty = false;      ///< made due again while in flight: another check follows
  bool timed_out = false;  ///< the last call timed out
};

/// Facts about the tokens of a workspace, beside the wanted revision. Written by revision_recorder.
struct token_facts {
  fingerprint previous{};  ///< valid with has_previous
  body_digest accepted{};  ///< valid with has_accepted
  bool has_previous = false;
  bool has_accepted = false;
  bool seen = false;                                  ///< an answer was believed since start
  pending_rotation pending = pending_rotation::none;  ///< see stored_workspace
};

/// When a workspace was last asked about, in Unix seconds; 0: never. Written by result_reporter.
struct check_times {
  std::uint32_t last_attempt = 0;
  std::uint32_t last_success = 0;
};

/// One workspace: what is wanted, and where its check stands. For the loop's thread.
///
/// Each member has one writer. Apart from it, only fleet's from_stored() writes, when it restores a
/// workspace.
/// | members                                     | writer            |
/// |---------------------------------------------|-------------------|
/// | id, entry, used                             | ledger            |
/// | check, due                                  | dispatcher        |
/// | token, wanted, known_since                  | revision_recorder |
/// | times, state                                | result_reporter   |
/// | settled                                     | fleet::refresh    |
///
/// Members are outside of their writer's group where they would make padding in it, because there
/// are many records.
///
/// References to records and presences are invalid after any co_await, because a reload may move
/// them meanwhile: keep a handle, and look the record up again by ledger::get(). Both rules are
/// checked by tests/architecture.
struct record {
  std::string id;
  revision wanted;
  steady_time known_since{};  ///< when `wanted` became known
  steady_time due{};          ///< when it became due, while ready or in flight
  ledger_entry entry;
  check_times times;
  token_facts token;
  check_state check;
  workspace_state state = workspace_state::never;
  bool used = false;     ///< this slot holds a workspace
  bool settled = false;  ///< see engine::settled
};
static_assert(sizeof(record) == 152, "a record has no padding, because there are many");

/// All workspaces and their presences: packed, addressed by slot, iterated by id. Slots are stable
/// while a workspace stays in the configuration, across reloads.
class ledger {
 public:
  /// What a reload did to the set of workspaces.
  struct merge_result {
    std::vector<std::uint32_t> added;
    std::vector<std::uint32_t> removed;  ///< still readable until drop()
    std::vector<std::uint32_t>
        former_profile;  ///< by slot; no_profile for those that weren't there
  };
  static constexpr std::uint32_t no_profile = UINT32_MAX;

  /// Takes over a new set (sorted by id). Those that stay keep their slots and epochs.
  merge_result merge(std::vector<config::workspace> workspaces);

  /// Frees the slots of those that left.
  void drop(std::span<const std::uint32_t> removed);

  /// Lays the presences out for `count(record)` sinks each, keeping what `keep(record, k)` returns
  /// for the k-th (an index into the old layout, or none).
  template <class Count, class Keep>
  void lay_out(Count count, Keep keep);

  [[nodiscard]] record& at(std::uint32_t slot) { return records_[slot]; }
  [[nodiscard]] const record& at(std::uint32_t slot) const { return records_[slot]; }
  [[nodiscard]] handle handle_of(std::uint32_t slot) const {
    return {slot, records_[slot].entry.epoch};
  }

  /// The slot of one of its records.
  [[nodiscard]] std::uint32_t slot_of(const record& r) const {
    return static_cast<std::uint32_t>(&r - records_.data());
  }

  /// The record that `which` names, or null.
  [[nodiscard]] record* get(handle which);

  [[nodiscard]] presence& presence_at(std::size_t index) { return presences_[index]; }
  [[nodiscard]] const presence& presence_at(std::size_t index) const { return presences_[index]; }

  [[nodiscard]] std::span<const presence> presences() const noexcept { return presences_; }

  /// The record that a presence belongs to.
  [[nodiscard]] const record& owner_of(std::size_t presence_index) const;

  /// Slots in the order of their ids.
  [[nodiscard]] std::span<const std::uint32_t> by_id() const noexcept { return by_id_; }

  /// Slot of the workspace `id`; none where there is none.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view id) const;

  /// Position in by_id() of the first id above `after`.
  [[nodiscard]] std::size_t position_after(std::string_view after) const;

 private:
  std::uint32_t take_slot();

  std::vector<record> records_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> by_id_;
  std::vector<presence> presences_;
};

template <class Count, class Keep>
void ledger::lay_out(Count count, Keep keep) {
  std::vector<presence> fresh;
  std::size_t total = 0;
  for (const std::uint32_t slot : by_id_) total += count(records_[slot]);
  fresh.reserve(total);
  for (const std::uint32_t slot : by_id_) {
    record& r = records_[slot];
    const auto first = static_cast<std::uint32_t>(fresh.size());
    for (std::size_t k = 0; k < count(r); ++k) {
      const std::optional<std::size_t> old = keep(r, k);
      fresh.push_back(old ? presences_[*old] : presence{});
    }
    r.entry.first_presence = first;
  }
  presences_ = std::move(fresh);
}

}  // namespace tokensyncd::sync
