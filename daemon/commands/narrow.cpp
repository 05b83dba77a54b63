#include "daemon/commands/narrow.hpp"

#include <algorithm>

#include "daemon/exit_code.hpp"

namespace tokensyncd::commands {

void narrow(config::configuration& settings, const std::vector<std::string>& only) {
  if (only.empty()) {
    return;
  }
  for (const auto& id : only) {
    const auto is_it = [&id](const config::workspace& each) { return each.id == id; };
    if (std::none_of(settings.workspaces.begin(), settings.workspaces.end(), is_it)) {
      throw command_failed(exit_code::usage, "there is no workspace " + id + " in " +
                                                 settings.file.string() +
                                                 "; `tokensyncd check` lists those there are");
    }
  }
  std::erase_if(settings.workspaces, [&only](const config::workspace& each) {
    return std::find(only.begin(), only.end(), each.id) == only.end();
  });
}

}  // namespace tokensyncd::commands
