#include "daemon/sinks/file/place_guard.hpp"

#include <fnmatch.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/sinks/file/file_look.hpp"

namespace tokensyncd::sinks {
namespace {

bool is_named(const own_file& own, const std::string& name) {
  const std::string its = own.path.substr(own.path.rfind('/') + 1);
  // Whether the file system tells the cases apart isn't known, and nobody needs both.
  if (own.is_pattern) return ::fnmatch(its.c_str(), name.c_str(), FNM_PERIOD | FNM_CASEFOLD) == 0;
  return ::strcasecmp(its.c_str(), name.c_str()) == 0;
}

std::optional<file_id> look(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return id_of(found);
}

}  // namespace

void destination_guard::protect(std::vector<own_file> all) {
  const std::scoped_lock lock{guard_};
  own_ = std::move(all);
}

std::string destination_guard::owner_by_name(const file_id& directory,
                                             const std::string& name) const {
  std::vector<own_file> same_name;
  {
    const std::scoped_lock lock{guard_};
    for (const own_file& each : own_)
      if (is_named(each, name)) same_name.push_back(each);
  }
  for (const own_file& each : same_name)
    if (look(directory_of(each.path)) == directory) return each.who;
  return {};
}

std::map<file_id, std::string> destination_guard::own_files_there() const {
  std::vector<own_file> all;
  {
    const std::scoped_lock lock{guard_};
    all = own_;
  }
  std::map<file_id, std::string> found;
  for (const own_file& each : all)
    if (const auto its = each.is_pattern ? std::nullopt : look(each.path))
      found.try_emplace(*its, each.who);
  // What has no key: the program, and a log to which standard error was redirected.
  if (const auto program = look("/proc/self/exe")) found.try_emplace(*program, "tokensyncd itself");
  struct stat log{};
  if (::fstat(STDERR_FILENO, &log) == 0 && S_ISREG(log.st_mode))
    found.try_emplace(id_of(log), "its log");
  return found;
}

std::string destination_guard::claim(const file_id& file, const std::string& path) {
  const std::scoped_lock lock{guard_};
  return claimed_.try_emplace(file, path).first->second;
}

void destination_guard::release(const std::string& path) {
  const std::scoped_lock lock{guard_};
  std::erase_if(claimed_, [&path](const auto& each) { return each.second == path; });
}

}  // namespace tokensyncd::sinks
