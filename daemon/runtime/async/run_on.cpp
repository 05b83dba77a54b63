#include "daemon/runtime/async/run_on.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace tokensyncd {

void run_on(asio::io_context& loop, task<> work) {
  std::exception_ptr error;
  asio::co_spawn(loop.get_executor(), std::move(work), [&error, &loop](std::exception_ptr thrown) {
    error = std::move(thrown);
    loop.stop();
  });
  loop.run();
  if (error) {
    std::rethrow_exception(error);
  }
}

}  // namespace tokensyncd
