#include <chrono>
#include <cstdio>
#include <string>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/status/status_call.hpp"

namespace tokensyncd::commands {

exit_code run_command(const common_options& common, const sync_options& options) {
  const control_client daemon{common.config};
  constexpr std::chrono::seconds limit{10};
  const auto ids = selected_ids(daemon, options.selection);
  if (!ids) {
    daemon.order("/-/sync", limit);
  } else if (ids->empty()) {
    std::puts("nothing to check: no workspace is in trouble");
    return exit_code::ok;
  } else {
    for (const auto& id : *ids) daemon.order("/-/sync/" + encoded(id), limit);
  }
  std::puts("the checks are due now; `tokensyncd status` shows the results");
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
