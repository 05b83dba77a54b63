#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commands/perform.hpp"
#include "daemon/commands/progress_display.hpp"
#include "daemon/configuration.hpp"
#include "daemon/machinery.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/race.hpp"
#include "daemon/runtime/run_on.hpp"
#include "daemon/runtime/signals.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::size_t most_told = 100;

/// Leaves only the workspaces asked for. Throws command_failed(usage) where one isn't configured.
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

/// Ends when everything is delivered, when time is up, or at a signal.
task<> settle(machinery& parts, clock& time, signals& wishes, std::chrono::milliseconds timeout) {
  const auto pause = time.make_sleeper();
  const auto until_signal = [&wishes]() -> task<> {
    for (;;) {
      const auto asked = co_await wishes.next();
      if (asked == wish::stop) {
        co_return;
      }
    }
  };
  const auto until_timeout = [&]() -> task<> {
    co_await race(pause->sleep_until(time.now() + timeout), until_signal());
  };
  co_await race(parts.engine.settled(), until_timeout());
}

/// Says of the first pairs that aren't in sync why, and how many there are, which it returns.
std::size_t report_missing(const sync::status_view& view) {
  std::size_t missing = 0;
  sync::workspace_status each;
  for (std::string after; view.next(after, each); after = each.id) {
    const bool gone = each.state == sync::workspace_state::gone;
    for (const auto& sink : each.sinks) {
      if (sink.in_sync && !gone) {
        continue;
      }
      if (++missing > most_told) {
        continue;
      }
      const auto why =
          gone ? std::string{"the API doesn't know this workspace"}
               : std::string{sink.last_error.empty() ? each.last_error : sink.last_error};
      std::fprintf(stderr, "tokensyncd: %s is not in sync in %s: %s\n",
                   std::string{each.id}.c_str(), std::string{sink.name}.c_str(),
                   why.empty() ? "the time was up before" : why.c_str());
    }
  }
  if (missing > most_told) {
    std::fprintf(stderr, "tokensyncd: %zu more are not in sync\n", missing - most_told);
  }
  return missing;
}

}  // namespace

exit_code perform(const common_options& common, const once_options& options) {
  harden_process();
  asio::io_context loop{1};
  signals wishes{loop};
  const auto time = make_system_clock(loop);
  auto settings = load_or_fail(common.config);
  narrow(settings, options.workspaces);

  progress_display display;
  // A bar and a line for each event don't go together: what fails is told at the end.
  auto level = common.level;
  if (!level && display.is_bar()) {
    level = config::log_level::error;
  }
  machinery parts{loop, *time, settings, {level, false, options.workspaces.empty(), [&display] {
                                            display.changed();
                                          }}};
  display.show(parts.engine);
  run_on(loop, race(parts.engine.run(), settle(parts, *time, wishes, options.timeout)));
  display.finish();
  return report_missing(parts.engine) == 0 ? exit_code::ok : exit_code::no;
}

}  // namespace tokensyncd::commands
