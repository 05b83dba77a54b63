#include "daemon/store/sqlite/file_watch.hpp"

#include <utility>

namespace tokensyncd::store {
namespace {

bool is_same(const file_facts& one, const file_facts& other) {
  return one.device == other.device && one.inode == other.inode;
}

}  // namespace

file_watch::file_watch(std::filesystem::path file)
    : file_(std::move(file)), log_(file_.string() + "-wal") {}

void file_watch::remember_opened(const database& in) {
  database_ = {};
  write_ahead_ = {};
  remember(in);
}

void file_watch::remember(const database& in) {
  for (auto [kept, path] : {std::pair{&database_, &file_}, std::pair{&write_ahead_, &log_}}) {
    const file_facts now = facts_of(*path);
    // SQLite makes the log with the first write.
    if (!kept->is_there() || is_same(now, *kept)) *kept = now;
  }
  header_ = in.header();
}

std::string_view file_watch::change(const database& in) const {
  const file_facts database = facts_of(file_);
  if (!database.is_there()) return "was deleted";
  if (!is_same(database, database_)) return "was replaced";
  if (database.size != database_.size || in.header() != header_)
    return "was written by another program";
  const file_facts write_ahead = facts_of(log_);
  if (write_ahead == write_ahead_) return {};
  if (!write_ahead.is_there()) return "has lost its write-ahead log (-wal)";
  return "has a write-ahead log (-wal) that another program wrote";
}

}  // namespace tokensyncd::store
