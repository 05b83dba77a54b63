#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "daemon/http/server/server.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/log/log.hpp"

namespace tokensyncd {

/// The Unix socket that takes the commands of operators, kept where they look for it: a cleaner of
/// /run, or a mistake, may delete its file. For the loop's thread.
class control_socket {
 public:
  /// Binds and listens (http::server::on_unix). `loop` and `log` must outlive it. Throws
  /// std::runtime_error with one sentence when it can't.
  control_socket(asio::io_context& loop, std::filesystem::path path, logger& log);

  /// Accepts and answers until cancelled.
  task<> serve(http::handler answer) { return server_->serve(std::move(answer)); }

  /// Looks whether the file is still there and ours, and listens anew where it isn't; says so, and
  /// once why it can't.
  task<> look();

 private:
  std::filesystem::path path_;
  logger& log_;
  std::unique_ptr<http::server> server_;
  std::string told_;  ///< the trouble that was logged last; empty: there is none
};

}  // namespace tokensyncd
