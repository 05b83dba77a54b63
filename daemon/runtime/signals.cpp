#include "daemon/runtime/signals.hpp"

#include <csignal>

namespace tokensyncd {

signals::signals(asio::io_context& loop) : set_(loop.get_executor(), SIGTERM, SIGINT, SIGHUP) {
  set_.add(SIGUSR1);
}

task<wish> signals::next() {
  const int number = co_await set_.async_wait(use_task);
  switch (number) {
    case SIGHUP:
      co_return wish::reload;
    case SIGUSR1:
      co_return wish::sync_all;
    default:
      co_return wish::stop;
  }
}

}  // namespace tokensyncd
