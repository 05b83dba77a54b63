#include "daemon/store/sqlite/sqlite_store.hpp"

#include <chrono>

#include <unistd.h>

#include "daemon/store/sqlite/files.hpp"
#include "daemon/store/sqlite/schema.hpp"

namespace tokensyncd::store {
namespace {

constexpr std::size_t saves_in_a_commit = 1024;
constexpr std::chrono::days retired_are_kept{30};

wall_time wall_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

sqlite_store::sqlite_store(state_lock lock, std::filesystem::path name,
                           std::unique_ptr<database> file, const installation_key& key)
    : lock_(std::move(lock)),
      name_(std::move(name)),
      key_(key),
      watch_(name_),
      file_(std::move(file)),
      writer_(std::in_place, *file_),
      commits_(thread_, saves_in_a_commit,
               [this](std::span<entry* const> entries) { commit(entries); }) {
  watch_.remember_opened(*file_);
}

result<void> sqlite_store::load(
    wall_time now, const std::function<void(const sync::stored_workspace&)>& on_workspace,
    const std::function<void(const sync::stored_presence&)>& on_presence) {
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
  watch_.remember(*file_);
  return {};
}

result<std::vector<std::uint16_t>> sqlite_store::token_lengths() {
  try {
    return read_lengths(*file_);
  } catch (const database_error& error) {
    return error.why();
  }
}

task<result<void>> sqlite_store::save(std::vector<sync::change> changes) {
  entry mine{std::move(changes)};
  co_await commits_.run(mine);
  tell(mine.said);
  co_return std::move(mine.outcome);
}

task<result<void>> sqlite_store::look() {
  sentences said;
  auto work = [this, &said] { return closed_ ? result<void>{} : put_right(said); };
  auto outcome = co_await thread_.run(work);
  tell(said);
  co_return outcome;
}

task<> sqlite_store::close() {
  auto work = [this] {
    closed_ = true;
    writer_.reset();
    file_.reset();
  };
  co_await thread_.run(work);
}

void sqlite_store::tell(const sentences& said) const {
  if (!told_) return;
  for (const auto& [is_lost, sentence] : said) told_(is_lost, sentence);
}

void sqlite_store::commit(std::span<entry* const> entries) {
  auto& said = entries.front()->said;
  result<void> outcome = put_right(said);
  if (outcome) outcome = write(entries);
  if (!outcome && outcome.error().kind == failure_kind::damaged) {
    outcome = begin_anew("was damaged while it was in use", "damaged", said);
    if (outcome) outcome = write(entries);
  }
  for (entry* each : entries) each->outcome = outcome;
}

result<void> sqlite_store::write(std::span<entry* const> entries) {
  result<void> outcome{};
  try {
    transaction all{*file_};
    for (const entry* each : entries)
      for (const sync::change& change : each->changes) writer_->write(change);
    all.commit();
  } catch (const database_error& error) {
    outcome = error.why();
  }
  // What failed may have written too.
  watch_.remember(*file_);
  return outcome;
}

result<void> sqlite_store::put_right(sentences& said) {
  if (closed_) return failure{failure_kind::cancelled, "the state is closed"};
  keep_lock(said);
  const std::string_view change =
      file_ ? watch_.change(*file_) : std::string_view{"could not be created again"};
  if (change.empty()) return {};
  // What is there is another process's, then.
  if (lock_is_lost_) {
    return failure{failure_kind::busy, "the state file " + name_.string() + " " +
                                           std::string{change} +
                                           ", and its lock file cannot be locked; stop the other "
                                           "program that writes the state, then restart"};
  }
  return begin_anew(change, "replaced", said);
}

result<void> sqlite_store::begin_anew(std::string_view why, std::string_view aside,
                                      sentences& said) {
  writer_.reset();
  if (file_) file_->leave_log_alone();
  file_.reset();
  // A write-ahead log that stayed would be taken for the next file's.
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((name_.string() + suffix).c_str());
  std::string kept;
  if (facts_of(name_).is_there()) {
    const auto moved = move_aside(name_, aside, wall_now());
    if (!moved) return moved.error();
    kept = "; the old one is kept as " + moved->string();
  }
  if (auto claimed = claim_file(name_); !claimed) return claimed.error();
  try {
    auto made = std::make_unique<database>(name_);
    static_cast<void>(prepare(*made, name_, key_));
    writer_.emplace(*made);
    file_ = std::move(made);
  } catch (const database_error& error) {
    return error.why();
  }
  watch_.remember_opened(*file_);
  said.emplace_back(true, "The state file " + name_.string() + " " + std::string{why} +
                              ": a new one is written from memory" + kept + ".");
  return sync_directory_of(name_);
}

void sqlite_store::keep_lock(sentences& said) {
  if (lock_.is_beside(name_)) {
    lock_is_lost_ = false;
    return;
  }
  auto again = state_lock::take(name_);
  if (again) {
    lock_ = std::move(*again);
    said.emplace_back(false, "The lock file " + name_.string() +
                                 ".lock was deleted or replaced; it is locked again.");
  } else if (!std::exchange(lock_is_lost_, true)) {
    said.emplace_back(false, "The lock file " + name_.string() +
                                 ".lock was deleted or replaced, and cannot be locked again: " +
                                 again.error().sentence);
  }
}

}  // namespace tokensyncd::store
