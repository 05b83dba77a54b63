#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/runtime/fs/owned_fd.hpp"
#include "daemon/store/open.hpp"
#include "daemon/store/sqlite/database.hpp"
#include "daemon/store/sqlite/file_owner.hpp"
#include "daemon/store/sqlite/files.hpp"
#include "daemon/store/sqlite/schema.hpp"
#include "daemon/store/sqlite/sqlite_store.hpp"
#include "daemon/store/sqlite/state_lock.hpp"

namespace tokensyncd::store {
namespace {

struct prepared {
  std::unique_ptr<database> file;
  installation_key key;
};

/// Throws database_error.
prepared open_prepared(const std::filesystem::path& file) {
  auto opening = std::make_unique<database>(file);
  try {
    const installation_key key = prepare(*opening, file, std::nullopt);
    return {std::move(opening), key};
  } catch (...) {
    opening->leave_log_alone();
    throw;
  }
}

/// Who has the database open although its lock file could be locked, as somebody had deleted that:
/// SQLite's own lock (F_SETLK, fcntl(2)) keeps us out all the same.
failure held_by_another(const std::filesystem::path& file, const failure& why) {
  const owned_fd opened{::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC)};
  struct flock all{};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  const bool known =
      ::fcntl(opened.number(), F_GETLK, &all) == 0 && all.l_type != F_UNLCK && all.l_pid > 0;
  if (!known) return why;
  return {failure_kind::busy, "the state file " + file.string() + " is in use by process " +
                                  std::to_string(all.l_pid) +
                                  "; stop that process, or use its control socket"};
}

}  // namespace

result<opened> open_sqlite(const std::filesystem::path& file, wall_time now) {
  // No lock file is made beside what isn't ours. Where there is one it is locked first, because to
  // close a descriptor of a database drops the locks of whoever has it open (fcntl(2), F_SETLK).
  const bool is_known = facts_of(file.string() + ".lock").is_there();
  if (!is_known)
    if (auto ours = look_whose(file); !ours) return ours.error();
  auto lock = state_lock::take(file);
  if (!lock) return lock.error();
  if (is_known)
    if (auto ours = look_whose(file); !ours) return ours.error();
  std::optional<std::string> notice;
  for (;;) {
    if (auto claimed = claim_file(file); !claimed) return claimed.error();
    try {
      prepared ready = open_prepared(file);
      if (auto durable = sync_directory_of(file); !durable) return durable.error();
      // Versions before this one shared their memory through a file.
      ::unlink((file.string() + "-shm").c_str());
      return opened{
          std::make_unique<sqlite_store>(std::move(*lock), file, std::move(ready.file), ready.key),
          ready.key, std::move(notice)};
    } catch (const database_error& error) {
      const failure_kind kind = error.why().kind;
      if (kind == failure_kind::busy) return held_by_another(file, error.why());
      if (kind != failure_kind::damaged || notice) return error.why();
    }
    const auto aside = move_aside(file, "damaged", now);
    if (!aside) return aside.error();
    notice = "the state file " + file.string() + " was damaged; it is kept as " + aside->string() +
             " and a new one was created: every destination is compared again";
  }
}

}  // namespace tokensyncd::store
