#include <chrono>
#include <cstdio>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"

namespace tokensyncd::commands {

exit_code run_command(const common_options& common, const reload_options&) {
  const control_client daemon{common.config};
  daemon.order("/-/reload", std::chrono::minutes{1});
  std::puts("reloaded");
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
