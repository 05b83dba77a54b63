#include <chrono>
#include <cstdio>
#include <string>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/status/status_call.hpp"
#include "daemon/control/read_answer.hpp"

namespace tokensyncd::commands {

exit_code run_command(const common_options& common, const sync_options& options) {
  const control_client daemon{common.config};
  constexpr std::chrono::seconds limit{10};
  const auto ids = selected_ids(daemon, options.selection);
  std::string answer;
  if (!ids) {
    answer = daemon.order("/-/sync", limit).body;
  } else if (ids->empty()) {
    std::puts("nothing to check: no workspace is in trouble");
    return exit_code::ok;
  } else {
    for (const auto& id : *ids) answer = daemon.order("/-/sync/" + encoded(id), limit).body;
  }
  const std::string waits = control::optional_text_in(answer, "waits");
  const std::string but = waits.empty() ? "" : ", but " + waits;
  std::puts(("the checks are due now" + but + "; `tokensyncd status` shows the results").c_str());
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
