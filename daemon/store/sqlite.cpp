#include <utility>

#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/group_commit.hpp"
#include "daemon/store/database.hpp"
#include "daemon/store/files.hpp"
#include "daemon/store/open.hpp"
#include "daemon/store/rows.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/state_lock.hpp"

namespace tokensyncd::store {
namespace {

constexpr std::size_t saves_in_a_commit = 1024;
constexpr std::chrono::days retired_are_kept{30};

/// One call of save().
struct save_entry {
  std::vector<sync::change> changes;
  result<void> outcome{};
};

class sqlite_store final : public sync::store {
 public:
  sqlite_store(state_lock lock, std::unique_ptr<database> file)
      : lock_(std::move(lock)), file_(std::move(file)), writer_(*file_) {}

  result<void> load(wall_time now,
                    const std::function<void(const sync::stored_workspace&)>& on_workspace,
                    const std::function<void(const sync::stored_presence&)>& on_presence) override {
    const wall_time oldest = now - retired_are_kept;
    try {
      read_rows(*file_, oldest, on_workspace, on_presence);
    } catch (const database_error& error) {
      return error.why();
    }
    try {
      drop_retired(*file_, oldest);
    } catch (const database_error&) {
      // They weren't handed over; a full disk makes them stay until the next start, no more.
    }
    return {};
  }

  result<std::vector<std::uint16_t>> token_lengths() override {
    try {
      return read_lengths(*file_);
    } catch (const database_error& error) {
      return error.why();
    }
  }

  task<result<void>> save(std::vector<sync::change> changes) override {
    save_entry entry{std::move(changes)};
    co_await commits_.run(entry);
    co_return std::move(entry.outcome);
  }

 private:
  void commit(std::span<save_entry* const> entries) {
    result<void> outcome{};
    try {
      transaction all{*file_};
      for (const save_entry* each : entries)
        for (const sync::change& change : each->changes) writer_.write(change);
      all.commit();
    } catch (const database_error& error) {
      outcome = error.why();
    }
    for (save_entry* each : entries) each->outcome = outcome;
  }

  state_lock lock_;
  std::unique_ptr<database> file_;
  row_writer writer_;
  blocking_pool thread_{1};
  group_commit<save_entry> commits_{
      thread_, saves_in_a_commit,
      [this](std::span<save_entry* const> entries) { commit(entries); }};
};

struct prepared {
  std::unique_ptr<database> file;
  installation_key key;
};

/// Throws database_error.
prepared open_prepared(const std::filesystem::path& file) {
  auto opening = std::make_unique<database>(file);
  try {
    const installation_key key = prepare(*opening, file);
    return {std::move(opening), key};
  } catch (...) {
    opening->leave_log_alone();
    throw;
  }
}

}  // namespace

result<opened> open_sqlite(const std::filesystem::path& file, wall_time now) {
  auto lock = state_lock::take(file);
  if (!lock) return lock.error();
  std::optional<std::string> notice;
  for (;;) {
    if (auto claimed = claim_file(file); !claimed) return claimed.error();
    try {
      prepared ready = open_prepared(file);
      if (auto durable = sync_directory_of(file); !durable) return durable.error();
      return opened{std::make_unique<sqlite_store>(std::move(*lock), std::move(ready.file)),
                    ready.key, std::move(notice)};
    } catch (const database_error& error) {
      if (error.why().kind != failure_kind::damaged || notice) return error.why();
    }
    const auto aside = move_aside(file, now);
    if (!aside) return aside.error();
    notice = "the state file " + file.string() + " was damaged; it is kept as " + aside->string() +
             " and a fresh one was made: every place is compared again";
  }
}

}  // namespace tokensyncd::store
