#include <chrono>
#include <cstdio>
#include <string>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/control/read_answer.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::commands {

exit_code run_command(const common_options& common, const reload_options&) {
  const control_client daemon{common.config};
  const auto answer = daemon.order("/-/reload", std::chrono::minutes{1});
  const std::string changes = control::optional_text_in(answer.body, "changes");
  std::puts(("reloaded" + (changes.empty() ? "" : "; " + printable(changes))).c_str());
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
