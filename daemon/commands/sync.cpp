#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "daemon/commands/console/control_client.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/status/status_call.hpp"

namespace tokensyncd::commands {

namespace {

/// Out of the daemon's answer, in its words; empty: they are made.
std::string what_checks_wait_for(std::string_view answer) {
  boost::system::error_code error;
  const auto read = boost::json::parse({answer.data(), answer.size()}, error);
  const auto* const whole = error ? nullptr : read.if_object();
  const auto* const waits = whole != nullptr ? whole->if_contains("waits") : nullptr;
  const auto* const text = waits != nullptr ? waits->if_string() : nullptr;
  return text != nullptr ? std::string{*text} : std::string{};
}

}  // namespace

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
  const std::string waits = what_checks_wait_for(answer);
  const std::string but = waits.empty() ? "" : ", but " + waits;
  std::puts(("the checks are due now" + but + "; `tokensyncd status` shows the results").c_str());
  return exit_code::ok;
}

}  // namespace tokensyncd::commands
