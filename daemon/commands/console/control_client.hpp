#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/sections/environment_values.hpp"
#include "daemon/http/client/unix_call.hpp"
#include "daemon/http/text/message.hpp"

namespace tokensyncd::commands {

/// Asks the running daemon over its control socket. Blocks. For any thread.
class control_client {
 public:
  /// The socket is the configuration's, even where that has errors elsewhere, or the default one:
  /// so `status` works while somebody edits the file.
  explicit control_client(const std::filesystem::path& config_file);

  /// Makes one call; none where no daemon is running. Throws command_failed when there is one that
  /// doesn't answer as it should.
  [[nodiscard]] std::optional<http::unix_answer> ask_if_running(
      http::method how, std::string_view target, std::chrono::milliseconds limit) const;

  /// The same for commands that need a daemon: throws command_failed without one: bad_config with
  /// all errors where the configuration has some, else unavailable.
  [[nodiscard]] http::unix_answer ask(http::method how, std::string_view target,
                                      std::chrono::milliseconds limit) const;

  /// Has the daemon do something (POST) and returns what it says. Throws command_failed(no) with
  /// its reason where it refuses.
  http::unix_answer order(std::string_view target, std::chrono::milliseconds limit) const;

 private:
  std::filesystem::path config_;
  bool is_damaged_ = false;  ///< the configuration has errors
  std::filesystem::path socket_;
  config::variables hidden_;  ///< whose values aren't shown
};

}  // namespace tokensyncd::commands
