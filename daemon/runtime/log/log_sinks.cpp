#include "daemon/runtime/log/log_sinks.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <poll.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace tokensyncd {
namespace {

constexpr int step_milliseconds = 100;

/// POSIX: a pipe that polls writable takes this many bytes without blocking.
constexpr std::size_t safe_bytes = 4096;

}  // namespace

bool line_writer::wait_for_room() noexcept {
  for (;;) {
    pollfd room{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&room, 1, patience_ > 0 ? step_milliseconds : 0);
    if (ready > 0) return (room.revents & POLLOUT) != 0;
    if (ready < 0 && errno != EINTR) return false;
    if (stopping_.load(std::memory_order_relaxed) && --patience_ <= 0) return false;
  }
}

void line_writer::write(std::string_view line) noexcept {
  try {
    std::string whole(line);
    whole += '\n';
    std::string_view rest = whole;
    while (!rest.empty()) {
      if (!wait_for_room()) return;
      const ssize_t written = ::write(descriptor_, rest.data(), std::min(rest.size(), safe_bytes));
      if (written < 0 && errno != EINTR && errno != EAGAIN) return;
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
  } catch (const std::exception&) {
    // Out of memory: this line is lost, the next may not be.
  }
}

bool journal_writer::write(std::string_view fields) noexcept {
  try {
    std::string copy(fields);
    std::vector<iovec> parts;
    for (std::size_t begin = 0; begin < copy.size();) {
      const std::size_t end = std::min(copy.find('\0', begin), copy.size());
      parts.push_back({copy.data() + begin, end - begin});
      begin = end + 1;
    }
    return send_(parts.data(), static_cast<int>(parts.size())) >= 0;
  } catch (const std::exception&) {
    return false;
  }
}

journal_writer::send_function system_journal() {
  return [](const iovec* parts, int count) {
    // sd_journal_sendv says success where no journal listens.
    if (::access("/run/systemd/journal/socket", W_OK) != 0) return -errno;
    return sd_journal_sendv(parts, count);
  };
}

}  // namespace tokensyncd
