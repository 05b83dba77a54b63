#include <chrono>
#include <cstdio>
#include <string>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"

namespace tokensyncd::commands {

exit_code run_command(const common_options& common, const sync_options& options) {
  const control_client daemon{common.config};
  constexpr std::chrono::seconds limit{10};
  if (options.workspaces.empty()) {
    daemon.order("/-/sync", limit);
  }
  for (const auto& id : options.workspaces) {
    daemon.order("/-/sync/" + boost::urls::encode(id, boost::urls::unreserved_chars), limit);
  }
  std::puts("the checks are due now; `tokensyncd status` shows the results");
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
