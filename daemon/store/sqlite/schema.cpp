#include "daemon/store/sqlite/schema.hpp"

#include <algorithm>
#include <string>

namespace tokensyncd::store {
namespace {

/// By what file(1) and this program know the file.
constexpr std::int64_t application_id = state_application_id;

/// The high part of user_version. Within a major, tables and columns are only ever added, so an
/// older program of the same major can use a newer file.
constexpr std::int64_t major_version = 1;
constexpr int major_shift = 16;

/// Times are microseconds since 1970 in UTC; `mark` is four little-endian words that only the sink
/// understands. The CHECKs let quick_check find what no bug of ours may have written.
constexpr const char* tables = R"(
  CREATE TABLE installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key BLOB NOT NULL CHECK (length(key) = 32)
  ) STRICT;
  CREATE TABLE workspace (
    id TEXT PRIMARY KEY,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    token BLOB NOT NULL CHECK (length(token) = 16),
    rotated_at INTEGER,
    previous BLOB CHECK (previous IS NULL OR length(previous) = 16),
    known_since INTEGER NOT NULL,
    last_attempt INTEGER,
    last_success INTEGER,
    retired_at INTEGER,
    unsure INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE presence (
    place TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    token BLOB NOT NULL CHECK (length(token) = 16),
    mark BLOB NOT NULL CHECK (length(mark) = 32),
    last_success INTEGER NOT NULL,
    hook_seen INTEGER NOT NULL DEFAULT 0,
    sink TEXT,
    erase_on_remove INTEGER
  ) STRICT, WITHOUT ROWID;
)";

/// What files of earlier minor versions lack: the eight tokens that a workspace had before, and all
/// those of the last ten minutes; how long tokens are, which tells a program's output from one.
constexpr const char* added_tables = R"(
  CREATE TABLE IF NOT EXISTS former_token (
    workspace TEXT NOT NULL,
    token BLOB NOT NULL CHECK (length(token) = 16),
    replaced_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, token)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS token_length (bytes INTEGER PRIMARY KEY) STRICT;
)";

/// What files of earlier minor versions lack.
struct added_column {
  const char* is_there;
  const char* add;
};
constexpr added_column added_columns[] = {
    {"SELECT count(*) FROM pragma_table_info('presence') WHERE name = 'hook_seen'",
     "ALTER TABLE presence ADD COLUMN hook_seen INTEGER NOT NULL DEFAULT 0"},
    {"SELECT count(*) FROM pragma_table_info('presence') WHERE name = 'sink'",
     "ALTER TABLE presence ADD COLUMN sink TEXT"},
    {"SELECT count(*) FROM pragma_table_info('presence') WHERE name = 'erase_on_remove'",
     "ALTER TABLE presence ADD COLUMN erase_on_remove INTEGER"},
    {"SELECT count(*) FROM pragma_table_info('workspace') WHERE name = 'unsure'",
     "ALTER TABLE workspace ADD COLUMN unsure INTEGER"}};

/// Earlier versions named the place of a program by its arguments, which may hold a secret. What
/// was handed over there is handed over once more.
constexpr const char* drop_readable_arguments = "DELETE FROM presence WHERE place LIKE 'exec:[%'";

[[noreturn]] void damaged(const std::filesystem::path& file) {
  throw database_error({failure_kind::damaged, "the state file " + file.string() + " is damaged"});
}

installation_key create(database& in, const std::optional<installation_key>& given) {
  installation_key key;
  if (given) {
    key = *given;
  } else {
    random_bytes(key);
  }
  transaction all{in};
  in.execute(tables);
  in.execute(added_tables);
  statement{in, "INSERT INTO installation (one, key) VALUES (1, ?)"}.bind(key).run();
  in.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  in.execute(("PRAGMA user_version = " + std::to_string(major_version << major_shift)).c_str());
  all.commit();
  return key;
}

installation_key read_key(database& in, const std::filesystem::path& file) {
  installation_key key;
  statement query{in, "SELECT key FROM installation"};
  if (!query.step() || query.blob(0).size() != key.size()) damaged(file);
  std::ranges::copy(query.blob(0), key.begin());
  return key;
}

}  // namespace

installation_key prepare(database& in, const std::filesystem::path& file,
                         const std::optional<installation_key>& key) {
  const std::int64_t application = in.number("PRAGMA application_id");
  const std::int64_t version = in.number("PRAGMA user_version");
  const std::int64_t objects = in.number("SELECT count(*) FROM sqlite_schema");
  if (application == 0 && version == 0 && objects == 0) return create(in, key);

  if (application != application_id) {
    throw database_error({failure_kind::invalid, "the file " + file.string() +
                                                     " is a database of another program; set "
                                                     "state.file to another name"});
  }
  const std::int64_t major = version >> major_shift;
  if (major > major_version) {
    throw database_error(
        {failure_kind::invalid, "the state file " + file.string() +
                                    " was written by a newer version "
                                    "(its format is " +
                                    std::to_string(major) + ", this one knows " +
                                    std::to_string(major_version) +
                                    "); install that version, or set state.file to another name"});
  }
  if (major < major_version || in.text("PRAGMA quick_check(1)") != "ok") damaged(file);
  in.execute(added_tables);
  for (const added_column& each : added_columns) {
    if (in.number(each.is_there) == 0) in.execute(each.add);
  }
  in.execute(drop_readable_arguments);
  return read_key(in, file);
}

}  // namespace tokensyncd::store
