#include "daemon/runtime/process/signals.hpp"

#include <csignal>

#include "daemon/runtime/process/hardening.hpp"

namespace tokensyncd {

signals::signals(asio::io_context& loop) : set_(loop.get_executor(), SIGHUP, SIGUSR1) {
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
      co_return signal_request::reload;
    case SIGUSR1:
      co_return signal_request::sync_all;
    default:
      co_return signal_request::stop;
  }
}

}  // namespace tokensyncd
