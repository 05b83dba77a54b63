#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "daemon/model/failure.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tokensyncd::store {

/// What SQLite refused, inside this folder; a failure once it leaves it. For any thread.
class database_error : public std::runtime_error {
 public:
  explicit database_error(failure why) : std::runtime_error(why.sentence), why_(std::move(why)) {}
  [[nodiscard]] const failure& why() const noexcept { return why_; }

 private:
  failure why_;
};

/// One connection to one file. One thread at a time. Every method throws database_error.
class database {
 public:
  /// Opens an existing file and sets it up: WAL, synchronous=NORMAL, secure_delete, small cache.
  /// Nobody else can read or write it until this is destroyed: so there is no shared memory that
  /// others could cut, and none is needed from the file system (sqlite.org/wal.html, 8).
  explicit database(const std::filesystem::path& file);

  /// Runs statements that return nothing of interest.
  void execute(const char* sql);

  /// The one number that a query such as a PRAGMA returns.
  [[nodiscard]] std::int64_t number(const char* sql);

  /// The one text that a query returns.
  [[nodiscard]] std::string text(const char* sql);

  /// The first bytes of the file, as they are there and not in the cache: the header, of which each
  /// checkpoint changes a counter (sqlite.org/fileformat2.html, 1.3). All 0 where it can't be read.
  using header_bytes = std::array<std::uint8_t, 100>;
  [[nodiscard]] header_bytes header() const;

  /// Keeps the write-ahead log as it is when the connection closes: for a damaged file.
  void leave_log_alone() noexcept;

  /// Throws what `code` means, with the operating system's reason where there is one.
  [[noreturn]] void fail(int code) const;

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  struct closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, closer> handle_;
};

/// A prepared statement, for use again and again. Text and blobs that are bound must live until
/// run() or the last step() of it. The database must outlive it. For the database's thread.
class statement {
 public:
  statement(database& in, const char* sql);

  /// Binds the next parameter, from the left.
  statement& bind(std::int64_t value);
  statement& bind(std::string_view value);
  statement& bind(std::span<const std::uint8_t> value);
  statement& bind_null();

  /// Runs it to its end and makes it ready for the next binding.
  void run();

  /// The next row: false at the end, where it becomes ready for the next binding.
  [[nodiscard]] bool step();

  /// Columns of the current row, counted from 0; views are valid until the next step().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  void check(int code);

  struct finalizer {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  database* in_;
  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
  int bound_ = 0;
};

/// All or nothing: rolled back unless commit() returned. For the database's thread.
class transaction {
 public:
  explicit transaction(database& in);
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction();

  void commit();

 private:
  database& in_;
};

}  // namespace tokensyncd::store
