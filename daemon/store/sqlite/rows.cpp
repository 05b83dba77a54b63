#include "daemon/store/sqlite/rows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <variant>

namespace tokensyncd::store {
namespace {

using etag_bytes = std::array<std::uint8_t, 32>;

// Upserts, not REPLACE: columns that a newer minor version added keep their values.
constexpr const char* put_workspace = R"(
  INSERT INTO workspace (id, generation, token, rotated_at, previous, known_since, last_attempt,
                         last_success, retired_at, unsure)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
  ON CONFLICT (id) DO UPDATE SET generation = ?2, token = ?3, rotated_at = ?4, previous = ?5,
    known_since = ?6, last_attempt = ?7, last_success = ?8, retired_at = ?9, unsure = ?10)";
constexpr const char* put_presence = R"(
  INSERT INTO presence (place, workspace, generation, token, mark, last_success, hook_seen, sink,
                        erase_on_remove)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT (place) DO UPDATE SET workspace = ?2, generation = ?3, token = ?4, mark = ?5,
    last_success = ?6, hook_seen = ?7, sink = ?8, erase_on_remove = ?9)";
constexpr const char* note_owner =
    "UPDATE presence SET sink = ?2, erase_on_remove = ?3 WHERE place = ?1";
constexpr const char* note_seen = "UPDATE presence SET hook_seen = ?2 WHERE place = ?1";
constexpr const char* forget_formers = "DELETE FROM former_token WHERE workspace = ?";
constexpr const char* put_former = R"(
  INSERT INTO former_token (workspace, token, replaced_at) VALUES (?1, ?2, ?3)
  ON CONFLICT (workspace, token) DO UPDATE SET replaced_at = ?3)";
constexpr const char* get_formers = R"(
  SELECT token, replaced_at FROM former_token WHERE workspace = ? ORDER BY replaced_at DESC)";
constexpr const char* get_workspaces = R"(
  SELECT id, generation, token, rotated_at, previous, known_since, last_attempt, last_success,
         retired_at, unsure
  FROM workspace WHERE retired_at IS NULL OR retired_at >= ?)";
constexpr const char* get_presences = R"(
  SELECT place, workspace, generation, token, mark, last_success, hook_seen, sink, erase_on_remove
  FROM presence
  WHERE workspace NOT IN (SELECT id FROM workspace WHERE retired_at < ?))";

std::int64_t to_number(wall_time when) {
  return when.time_since_epoch().count();
}

void bind(statement& to, const std::optional<wall_time>& when) {
  when ? to.bind(to_number(*when)) : to.bind_null();
}

wall_time to_time(std::int64_t number) {
  return wall_time{std::chrono::microseconds{number}};
}

std::optional<wall_time> time_or_none(const statement& from, int column) {
  if (from.is_null(column)) return std::nullopt;
  return to_time(from.integer(column));
}

etag_bytes to_bytes(const sync::etag& tag) {
  etag_bytes bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(tag.words[i / 8] >> (i % 8 * 8));
  return bytes;
}

sync::etag to_mark(std::span<const std::uint8_t> bytes) {
  sync::etag tag;
  const std::size_t size = std::min(bytes.size(), sizeof(etag_bytes));
  for (std::size_t i = 0; i < size; ++i) tag.words[i / 8] |= std::uint64_t{bytes[i]} << (i % 8 * 8);
  return tag;
}

fingerprint to_fingerprint(std::span<const std::uint8_t> bytes) {
  fingerprint print;
  std::copy_n(bytes.begin(), std::min(bytes.size(), print.bytes.size()), print.bytes.begin());
  return print;
}

/// What a later version may add is a doubt too.
sync::pending_rotation doubt_of(std::int64_t number) {
  if (number == 0) return sync::pending_rotation::none;
  return number == 1 ? sync::pending_rotation::announced : sync::pending_rotation::ordered;
}

std::int64_t number_of(config::on_remove removal) {
  return removal == config::on_remove::erase ? 1 : 0;
}

std::uint32_t to_generation(std::int64_t number) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(number, 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

row_writer::row_writer(database& in)
    : workspace_(in, put_workspace),
      presence_(in, put_presence),
      seen_(in, note_seen),
      owner_(in, note_owner),
      forget_(in, "DELETE FROM presence WHERE place = ?"),
      forget_formers_(in, forget_formers),
      former_(in, put_former),
      length_(in, "INSERT OR IGNORE INTO token_length (bytes) VALUES (?)") {}

void row_writer::write(const sync::change& what) {
  std::visit([this](const auto& row) { put(row); }, what);
}

void row_writer::put(const sync::stored_workspace& row) {
  workspace_.bind(row.id).bind(row.wanted.generation).bind(row.wanted.token.bytes);
  bind(workspace_, row.wanted.rotated_at);
  row.previous ? workspace_.bind(row.previous->bytes) : workspace_.bind_null();
  workspace_.bind(to_number(row.known_since));
  bind(workspace_, row.last_attempt);
  bind(workspace_, row.last_success);
  bind(workspace_, row.retired_at);
  if (row.pending == sync::pending_rotation::none) {
    workspace_.bind_null();
  } else {
    workspace_.bind(static_cast<std::int64_t>(row.pending));
  }
  workspace_.run();
  if (!row.formers) return;
  forget_formers_.bind(row.id).run();
  for (const sync::former_token& each : *row.formers) {
    former_.bind(row.id).bind(each.token.bytes).bind(to_number(each.replaced_at)).run();
  }
}

void row_writer::put(const sync::stored_presence& row) {
  const etag_bytes tag = to_bytes(row.tag);
  presence_.bind(row.destination).bind(row.workspace).bind(row.generation).bind(row.token.bytes);
  presence_.bind(tag).bind(to_number(row.last_success)).bind(row.hook_seen);
  presence_.bind(row.sink).bind(number_of(row.removal)).run();
}

void row_writer::put(const sync::owned_presence& row) {
  owner_.bind(row.destination).bind(row.sink).bind(number_of(row.removal)).run();
}

void row_writer::put(const sync::seen_presence& row) {
  seen_.bind(row.destination).bind(row.generation).run();
}

void row_writer::put(const sync::forgotten_presence& row) {
  forget_.bind(row.destination).run();
}

void row_writer::put(const sync::seen_length& row) {
  length_.bind(std::int64_t{row.bytes}).run();
}

std::vector<std::uint16_t> read_lengths(database& in) {
  std::vector<std::uint16_t> lengths;
  statement rows{in,
                 "SELECT bytes FROM token_length WHERE bytes BETWEEN 1 AND 65535 ORDER BY bytes"};
  while (rows.step()) lengths.push_back(static_cast<std::uint16_t>(rows.integer(0)));
  return lengths;
}

void read_rows(database& in, wall_time oldest,
               const std::function<void(const sync::stored_workspace&)>& on_workspace,
               const std::function<void(const sync::stored_presence&)>& on_presence) {
  statement formers{in, get_formers};
  statement workspaces{in, get_workspaces};
  workspaces.bind(to_number(oldest));
  while (workspaces.step()) {
    sync::stored_workspace row;
    row.id = workspaces.text(0);
    row.wanted.generation = to_generation(workspaces.integer(1));
    row.wanted.token = to_fingerprint(workspaces.blob(2));
    row.wanted.rotated_at = time_or_none(workspaces, 3);
    if (!workspaces.is_null(4)) row.previous = to_fingerprint(workspaces.blob(4));
    row.known_since = to_time(workspaces.integer(5));
    row.last_attempt = time_or_none(workspaces, 6);
    row.last_success = time_or_none(workspaces, 7);
    row.retired_at = time_or_none(workspaces, 8);
    row.pending = doubt_of(workspaces.is_null(9) ? 0 : workspaces.integer(9));
    formers.bind(row.id);
    while (formers.step()) {
      if (!row.formers) row.formers.emplace();
      row.formers->push_back({to_fingerprint(formers.blob(0)), to_time(formers.integer(1))});
    }
    on_workspace(row);
  }
  statement presences{in, get_presences};
  presences.bind(to_number(oldest));
  while (presences.step()) {
    sync::stored_presence row;
    row.destination = presences.text(0);
    row.workspace = presences.text(1);
    row.generation = to_generation(presences.integer(2));
    row.token = to_fingerprint(presences.blob(3));
    row.tag = to_mark(presences.blob(4));
    row.last_success = to_time(presences.integer(5));
    row.hook_seen = to_generation(presences.integer(6));
    if (!presences.is_null(7)) row.sink = presences.text(7);
    // Where nobody has said, it is kept.
    const bool erase = !presences.is_null(8) && presences.integer(8) == 1;
    row.removal = erase ? config::on_remove::erase : config::on_remove::keep;
    on_presence(row);
  }
}

void drop_retired(database& in, wall_time oldest) {
  transaction all{in};
  statement destinations{in,
                         "DELETE FROM presence WHERE workspace IN "
                         "(SELECT id FROM workspace WHERE retired_at < ?)"};
  destinations.bind(to_number(oldest)).run();
  statement formers{in,
                    "DELETE FROM former_token WHERE workspace IN "
                    "(SELECT id FROM workspace WHERE retired_at < ?)"};
  formers.bind(to_number(oldest)).run();
  statement{in, "DELETE FROM workspace WHERE retired_at < ?"}.bind(to_number(oldest)).run();
  all.commit();
}

}  // namespace tokensyncd::store
