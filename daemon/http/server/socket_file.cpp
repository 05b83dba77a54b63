#include "daemon/http/server/socket_file.hpp"

#include <memory>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace tokensyncd::http {

socket_file::socket_file(std::filesystem::path path) : path_(std::move(path)) {
  if (!path_.empty()) note_made();
}

void socket_file::note_made() {
  made_ = identity_of(path_);
}

task<bool> socket_file::is_ours() {
  auto outcome = std::make_shared<std::optional<bool>>();
  file_reader::read look = [path = path_, made = made_, outcome]() -> file_reader::take {
    const bool found = made && identity_of(path) == made;
    return [outcome, found] { *outcome = found; };
  };
  co_await looks_.run(std::move(look));
  co_return outcome->value_or(true);
}

void socket_file::remove() noexcept {
  // Another daemon may listen at that path by now.
  if (made_ && identity_of(path_) == made_) ::unlink(path_.c_str());
  made_.reset();
}

std::optional<socket_file::identity> socket_file::identity_of(const std::filesystem::path& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};
  return identity{found.st_dev, found.st_ino};
}

}  // namespace tokensyncd::http
