#include "daemon/application/control_socket.hpp"

#include <utility>

namespace tokensyncd {

control_socket::control_socket(asio::io_context& loop, std::filesystem::path path, logger& log)
    : path_(std::move(path)), log_(log), server_(http::server::on_unix(loop, path_, {})) {}

task<> control_socket::look() {
  const auto again = co_await server_->listen_again();
  if (!again) {
    const auto& why = again.error().sentence;
    if (told_ == why) co_return;
    told_ = why;
    log_.error(
        "control.socket",
        "the control socket was deleted or replaced, so commands do not reach this daemon: " + why);
    co_return;
  }
  told_.clear();
  if (*again) {
    log_.warning("control.socket", "The control socket " + path_.string() +
                                       " was deleted or replaced; the daemon listens on it again.");
  }
}

}  // namespace tokensyncd
