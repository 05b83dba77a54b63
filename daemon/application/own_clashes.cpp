#include "daemon/application/own_clashes.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <fnmatch.h>
#include <strings.h>
#include <sys/stat.h>

#include "config/rules/own_files.hpp"
#include "daemon/sinks/file/place_guard.hpp"

namespace tokensyncd {
namespace {

constexpr int most_links = 40;  ///< as the kernel follows; path_resolution(7)

/// Where a path leads, its last name's links followed although nothing may be there.
std::filesystem::path end_of_links(std::filesystem::path path) {
  std::error_code error;
  for (int i = 0; i != most_links && std::filesystem::is_symlink(path, error); ++i) {
    const auto next = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / next;
  }
  return path;
}

/// An own file as the file system has it now.
struct located_file {
  const config::own_file& own;
  std::filesystem::path path;
  std::optional<sinks::file_id> file{};       ///< none: it isn't there
  std::optional<sinks::file_id> directory{};  ///< none: that isn't there either
  bool is_special = false;                    ///< a device, a pipe
};

std::optional<sinks::file_id> id_at(const std::filesystem::path& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return sinks::id_of(found);
}

located_file look(const config::own_file& own) {
  located_file made{own, end_of_links(own.file)};
  struct stat found{};
  if (!own.is_pattern && ::stat(made.path.c_str(), &found) == 0) {
    made.file = sinks::id_of(found);
    made.is_special = !S_ISREG(found.st_mode) && !S_ISSOCK(found.st_mode);
  }
  made.directory = id_at(made.path.parent_path());
  return made;
}

bool is_same(const located_file& written, const located_file& other) {
  if (written.is_special || other.is_special) return false;
  if (written.file && other.file) return *written.file == *other.file;
  if (!written.directory || written.directory != other.directory) return false;
  const std::string name = written.path.filename();
  const std::string others = other.path.filename();
  if (other.own.is_pattern) return ::fnmatch(others.c_str(), name.c_str(), FNM_PERIOD) == 0;
  return ::strcasecmp(name.c_str(), others.c_str()) == 0;
}

std::string without_quotes(std::string key) {
  std::erase(key, '`');
  return key;
}

}  // namespace

std::vector<own_clash> find_own_clashes(const config::configuration& settings) {
  const auto all = config::own_files(settings);
  std::vector<located_file> located;
  located.reserve(all.size());
  for (const auto& each : all) located.push_back(look(each));

  std::vector<own_clash> found;
  std::set<std::pair<std::string, std::string>> told;
  for (const located_file& one : located) {
    if (!one.own.is_written) continue;
    for (const located_file& other : located) {
      const bool is_itself = one.own.who == other.own.who;
      if (is_itself || told.contains({other.own.who, one.own.who})) continue;
      if (!is_same(one, other) || !told.emplace(one.own.who, other.own.who).second) continue;
      found.push_back({without_quotes(one.own.who),
                       one.own.who + " leads to the file of " + other.own.who + " (" +
                           one.own.file.string() +
                           "), which would be overwritten: give each a different file"});
    }
  }
  return found;
}

}  // namespace tokensyncd
