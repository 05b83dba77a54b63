#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/async/group_commit.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/store/sqlite/database.hpp"
#include "daemon/store/sqlite/file_watch.hpp"
#include "daemon/store/sqlite/rows.hpp"
#include "daemon/store/sqlite/state_lock.hpp"
#include "daemon/sync/ports/store.hpp"

namespace tokensyncd::store {

/// The state in an SQLite file. What becomes of the file while it is open is noticed before each
/// save: where it was deleted, replaced or damaged, a fresh one with the same key takes its place.
/// Saves and looks run on a thread of its own.
class sqlite_store final : public sync::store {
 public:
  sqlite_store(state_lock lock, std::filesystem::path name, std::unique_ptr<database> file,
               const installation_key& key);

  result<void> load(wall_time now,
                    const std::function<void(const sync::stored_workspace&)>& on_workspace,
                    const std::function<void(const sync::stored_presence&)>& on_presence) override;
  result<std::vector<std::uint16_t>> token_lengths() override;
  task<result<void>> save(std::vector<sync::change> changes) override;
  void on_notice(notice told) override { told_ = std::move(told); }
  task<result<void>> look() override;
  task<> close() override;

 private:
  /// What a job on the thread has to say, for the loop to pass on.
  using sentences = std::vector<std::pair<bool, std::string>>;

  /// One call of save().
  struct entry {
    std::vector<sync::change> changes;
    result<void> outcome{};
    sentences said{};
  };

  void commit(std::span<entry* const> entries);
  result<void> write(std::span<entry* const> entries);
  result<void> put_right(sentences& said);
  result<void> begin_anew(std::string_view why, std::string_view aside, sentences& said);
  void keep_lock(sentences& said);
  void tell(const sentences& said) const;

  state_lock lock_;
  std::filesystem::path name_;
  installation_key key_;
  notice told_;
  // The thread's own, from the first save on.
  file_watch watch_;
  std::unique_ptr<database> file_;    ///< null: it could not be begun anew yet, or is closed
  std::optional<row_writer> writer_;  ///< while there is a file
  bool closed_ = false;
  bool lock_is_lost_ = false;
  blocking_pool thread_{1};
  group_commit<entry> commits_;
};

}  // namespace tokensyncd::store
