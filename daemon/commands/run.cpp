
#include <optional>

#include "daemon/application/application.hpp"
#include "daemon/application/configuration.hpp"
#include "daemon/application/drain.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "daemon/runtime/process/heap.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd::commands {

exit_code run_command(const common_options& common, const run_options&) {
  harden_process();
  keep_large_blocks_apart();
  asio::io_context loop{1};
  signals signal_requests{loop};
  std::optional<application> daemon;
  const auto start = [&](config::configuration settings) {
    daemon.emplace(loop, signal_requests, settings, common.level);
    return exit_code::ok;
  };
  with_configuration(common.config, start);
  signal_requests.catch_stops();
  give_back_memory();  // of the configuration that its parts were made of
  run_on(loop, daemon->run());
  end_in_time(exit_code::ok);
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
