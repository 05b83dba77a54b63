#include "daemon/runtime/process/login_uid.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/runtime/fs/owned_fd.hpp"

namespace tokensyncd {

std::optional<uid_t> login_uid(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/loginuid";
  const owned_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return std::nullopt;
  char text[16];
  const ssize_t size = ::read(file.number(), text, sizeof text);
  if (size <= 0) return std::nullopt;
  std::uint32_t user = 0;
  const auto [end, error] = std::from_chars(text, text + size, user);
  constexpr std::uint32_t nobody_logged_in = std::numeric_limits<std::uint32_t>::max();
  if (error != std::errc{} || user == nobody_logged_in) return std::nullopt;
  return user;
}

}  // namespace tokensyncd
