#include "daemon/store/sqlite/database.hpp"

#include <cerrno>

#include <sqlite3.h>

#include "daemon/store/sqlite/files.hpp"

namespace tokensyncd::store {
namespace {

/// Somebody who looks into the file with another program holds a lock for moments only. Once it is
/// open, the lock is ours.
constexpr int lock_patience_ms = 2'000;

/// Few pages are used again; what is known lives in the ledger.
constexpr const char* setup = R"(
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA secure_delete = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cache_size = -512;
  PRAGMA temp_store = MEMORY;
  PRAGMA journal_size_limit = 4194304;
)";

}  // namespace

void database::closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close(handle);
}

database::database(const std::filesystem::path& file) : file_(file) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, lock_patience_ms);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  try {
    execute(setup);
  } catch (...) {
    leave_log_alone();
    throw;
  }
}

void database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t database::number(const char* sql) {
  statement query{*this, sql};
  return query.step() ? query.integer(0) : 0;
}

std::string database::text(const char* sql) {
  statement query{*this, sql};
  return query.step() ? std::string{query.text(0)} : std::string{};
}

database::header_bytes database::header() const {
  header_bytes bytes{};
  sqlite3_file* file = nullptr;
  const int found = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_FILE_POINTER,
                                         static_cast<void*>(&file));
  if (found != SQLITE_OK || file == nullptr || file->pMethods == nullptr) return bytes;
  if (file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0) != SQLITE_OK)
    bytes.fill(0);
  return bytes;
}

namespace {

/// What the system said of the last call that failed; 0 where that isn't known. A commit that fails
/// doesn't set sqlite3_system_errno(), but each file keeps its own.
int last_errno(sqlite3* handle) {
  if (const int error = sqlite3_system_errno(handle); error != 0) return error;
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    const int found = sqlite3_file_control(handle, "main", which, static_cast<void*>(&file));
    if (found != SQLITE_OK || file == nullptr || file->pMethods == nullptr) continue;
    int error = 0;
    const int asked = file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    if (asked == SQLITE_OK && error != 0) return error;
  }
  return 0;
}

}  // namespace

void database::leave_log_alone() noexcept {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void database::fail(int code) const {
  const int system = handle_ ? last_errno(handle_.get()) : 0;
  const std::string name = file_.string();
  switch (code & 0xFF) {
    case SQLITE_FULL:
      throw database_error(file_failure(file_, "be written", ENOSPC));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw database_error(
          {failure_kind::damaged,
           "the state file " + name +
               " is damaged; restart tokensyncd, which moves it aside and creates a new one"});
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw database_error(
          {failure_kind::busy,
           "the state file " + name +
               " is locked by another program; stop the program that has it open"});
    case SQLITE_READONLY:
      throw database_error(file_failure(file_, "be written", EACCES));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      throw database_error(file_failure(file_, "be read or written", system != 0 ? system : EIO));
    default:
      throw database_error({failure_kind::io_error,
                            "the state file " + name + " cannot be used: " + sqlite3_errstr(code)});
  }
}

void statement::finalizer::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

statement::statement(database& in, const char* sql) : in_(&in) {
  sqlite3_stmt* handle = nullptr;
  check(sqlite3_prepare_v3(in.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
  handle_.reset(handle);
}

statement& statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), ++bound_, value));
  return *this;
}

statement& statement::bind(std::string_view value) {
  // A null pointer would bind NULL.
  check(sqlite3_bind_text64(handle_.get(), ++bound_, value.empty() ? "" : value.data(),
                            value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

statement& statement::bind(std::span<const std::uint8_t> value) {
  check(sqlite3_bind_blob64(handle_.get(), ++bound_, value.data(), value.size(), SQLITE_STATIC));
  return *this;
}

statement& statement::bind_null() {
  check(sqlite3_bind_null(handle_.get(), ++bound_));
  return *this;
}

void statement::run() {
  while (step()) {
  }
}

bool statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  bound_ = 0;
  sqlite3_reset(handle_.get());
  if (code != SQLITE_DONE) in_->fail(code);
  return false;
}

std::int64_t statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::span<const std::uint8_t> statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void statement::check(int code) {
  if (code != SQLITE_OK) in_->fail(code);
}

transaction::transaction(database& in) : in_(in) {
  in_.execute("BEGIN IMMEDIATE");
}

transaction::~transaction() {
  // Some errors (a full disk among them) have rolled back already.
  if (sqlite3_get_autocommit(in_.handle()) == 0)
    sqlite3_exec(in_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void transaction::commit() {
  in_.execute("COMMIT");
}

}  // namespace tokensyncd::store
