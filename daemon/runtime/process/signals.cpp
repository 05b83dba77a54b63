#include "daemon/runtime/process/signals.hpp"

#include <csignal>

#include <fcntl.h>

#include "daemon/runtime/fs/owned_fd.hpp"
#include "daemon/runtime/process/hardening.hpp"

namespace tokensyncd {

namespace {

/// See tty(4).
bool has_terminal() {
  return owned_fd{::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)}.is_open();
}

}  // namespace

signals::signals(asio::io_context& loop)
    : set_(loop.get_executor(), SIGHUP, SIGUSR1),
      began_on_terminal_(!began_with_hang_ups_ignored() && has_terminal()) {
  release_requests();
}

void signals::catch_stops() {
  set_.add(SIGTERM);
  set_.add(SIGINT);
}

task<signal_request> signals::next() {
  const int number = co_await set_.async_wait(use_task);
  switch (number) {
    case SIGHUP:
      co_return began_on_terminal_ && !has_terminal() ? signal_request::stop
                                                      : signal_request::reload;
    case SIGUSR1:
      co_return signal_request::sync_all;
    default:
      co_return signal_request::stop;
  }
}

}  // namespace tokensyncd
