
#include <optional>

#include "daemon/application.hpp"
#include "daemon/commands/perform.hpp"
#include "daemon/configuration.hpp"
#include "daemon/drain.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/heap.hpp"
#include "daemon/runtime/run_on.hpp"
#include "daemon/runtime/signals.hpp"

namespace tokensyncd::commands {

exit_code perform(const common_options& common, const run_options&) {
  harden_process();
  keep_large_blocks_apart();
  asio::io_context loop{1};
  signals wishes{loop};
  std::optional<application> daemon;
  const auto start = [&](config::configuration settings) {
    daemon.emplace(loop, wishes, settings, common.level);
    return exit_code::ok;
  };
  with_configuration(common.config, start);
  wishes.catch_stops();
  give_back_memory();  // of the configuration that its parts were made of
  run_on(loop, daemon->run());
  end_in_time(exit_code::ok);
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
