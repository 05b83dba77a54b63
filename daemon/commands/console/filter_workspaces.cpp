#include "daemon/commands/console/filter_workspaces.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

namespace {

/// An id of 255 bytes is up to 765 in the address, and the daemon takes 8 KiB of head.
constexpr std::size_t most_at_once = 8;

}  // namespace

void filter_workspaces(config::configuration& settings, const std::vector<std::string>& only) {
  if (only.empty()) {
    return;
  }
  for (const auto& id : only) {
    const auto is_it = [&id](const config::workspace& each) { return each.id == id; };
    if (std::none_of(settings.workspaces.begin(), settings.workspaces.end(), is_it)) {
      throw command_failed(exit_code::usage, "there is no workspace " + id + " in " +
                                                 settings.file.string() +
                                                 "; `tokensyncd check` lists the workspaces");
    }
  }
  std::erase_if(settings.workspaces, [&only](const config::workspace& each) {
    return std::find(only.begin(), only.end(), each.id) == only.end();
  });
}

void check_ids(const control_client& daemon, const std::vector<std::string>& workspaces) {
  for (const auto& id : workspaces) {
    const auto answered =
        daemon.ask(http::method::get, "/readyz/" + encoded(id), std::chrono::seconds{30});
    if (answered.status == 404) {
      throw command_failed(exit_code::usage, "the daemon's configuration has no workspace " + id +
                                                 "; `tokensyncd status` lists the workspaces");
    }
  }
}

std::vector<std::string> targets_of(const std::string& path,
                                    const std::optional<std::vector<std::string>>& ids) {
  if (!ids) return {path};
  std::vector<std::string> targets;
  for (std::size_t i = 0; i < ids->size(); ++i) {
    const bool is_first = i % most_at_once == 0;
    if (is_first) targets.push_back(path);
    targets.back() += (is_first ? "?workspace=" : "&workspace=") + encoded((*ids)[i]);
  }
  return targets;
}

std::string encoded(const std::string& id) {
  return boost::urls::encode(id, boost::urls::unreserved_chars);
}

}  // namespace tokensyncd::commands
