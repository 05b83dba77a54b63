#include "daemon/sinks/file/commit/stale_temp_files.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/sinks/content.hpp"

namespace tokensyncd::sinks {

void stale_temp_files::sweep_once(const std::string& directory, int descriptor) {
  if (first_time(directory)) sweep(directory, descriptor);
}

void stale_temp_files::sweep_once(const std::string& directory) {
  if (!first_time(directory)) return;
  const descriptor opened = open_directory(system_, directory);
  if (opened.is_open()) sweep(directory, opened.number());
}

void stale_temp_files::remember(const std::string& directory, std::string name) {
  const std::scoped_lock lock{guard_};
  stuck_[directory].push_back(std::move(name));
}

bool stale_temp_files::clear(const std::string& directory, int descriptor) {
  std::vector<std::string> names;
  {
    const std::scoped_lock lock{guard_};
    const auto found = stuck_.find(directory);
    if (found == stuck_.end()) return true;
    names = found->second;
  }
  std::erase_if(names, [&](const std::string& each) { return !remove(descriptor, each.c_str()); });
  // Another thread may have remembered more meanwhile, or have cleared as well.
  const std::scoped_lock lock{guard_};
  const auto found = stuck_.find(directory);
  if (found == stuck_.end()) return true;
  const auto is_gone = [&](const std::string& each) {
    return std::ranges::find(names, each) != names.end();
  };
  std::erase_if(found->second, is_gone);
  if (!found->second.empty()) return false;
  stuck_.erase(found);
  return true;
}

bool stale_temp_files::first_time(const std::string& directory) {
  const std::scoped_lock lock{guard_};
  return seen_.insert(hash_on(hash_start, directory)).second;
}

void stale_temp_files::sweep(const std::string& directory, int descriptor) {
  // Of its own, as readdir(3) takes the descriptor and its position over.
  const int listing = ::openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing < 0) return;
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream{::fdopendir(listing), close};
  if (!stream) {
    ::close(listing);
    return;
  }
  while (const dirent* entry = ::readdir(stream.get()))
    if (identity_.is_stale_temp_file(entry->d_name) && !remove(descriptor, entry->d_name))
      remember(directory, entry->d_name);
}

bool stale_temp_files::remove(int descriptor, const char* name) {
  if (system_.unlinkat(descriptor, name) == 0 || errno == ENOENT) return true;
  constexpr int flags = O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const sinks::descriptor emptied{system_.openat(descriptor, name, flags, 0)};
  return false;
}

descriptor open_directory(system_calls& system, const std::string& directory) {
  return descriptor{
      system.openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
}

}  // namespace tokensyncd::sinks
