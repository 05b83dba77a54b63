#include "daemon/sinks/leftovers.hpp"

#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/sinks/content.hpp"

namespace tokensyncd::sinks {

void leftovers::sweep_once(const std::string& directory, int descriptor) {
  if (first_time(directory)) sweep(descriptor);
}

void leftovers::sweep_once(const std::string& directory) {
  if (!first_time(directory)) return;
  const descriptor opened = open_directory(system_, directory);
  if (opened.is_open()) sweep(opened.number());
}

bool leftovers::first_time(const std::string& directory) {
  const std::scoped_lock lock{guard_};
  return seen_.insert(hash_on(hash_start, directory)).second;
}

void leftovers::sweep(int descriptor) {
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
    if (identity_.is_leftover(entry->d_name)) system_.unlinkat(descriptor, entry->d_name);
}

descriptor open_directory(system_calls& system, const std::string& directory) {
  return descriptor{
      system.openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
}

}  // namespace tokensyncd::sinks
