#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/model/time.hpp"
#include "daemon/store/sqlite/database.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::store {

/// Writes changes with statements that stay prepared. Throws database_error. For the database's
/// thread.
class row_writer {
 public:
  explicit row_writer(database& in);
  void write(const sync::change& what);

 private:
  void put(const sync::stored_workspace& row);
  void put(const sync::stored_presence& row);
  void put(const sync::seen_presence& row);
  void put(const sync::owned_presence& row);
  void put(const sync::forgotten_presence& row);
  void put(const sync::seen_length& row);

  statement workspace_;
  statement presence_;
  statement seen_;
  statement owner_;
  statement forget_;
  statement forget_formers_;
  statement former_;
  statement length_;
};

/// Hands over every row but those of workspaces retired before `oldest`. Throws database_error.
void read_rows(database& in, wall_time oldest,
               const std::function<void(const sync::stored_workspace&)>& on_workspace,
               const std::function<void(const sync::stored_presence&)>& on_presence);

/// The lengths of tokens that were ever seen, ascending. Throws database_error.
std::vector<std::uint16_t> read_lengths(database& in);

/// Deletes workspaces retired before `oldest`, with their places. Throws database_error.
void drop_retired(database& in, wall_time oldest);

}  // namespace tokensyncd::store
