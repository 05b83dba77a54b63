#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "daemon/application/configuration.hpp"
#include "daemon/application/drain.hpp"
#include "daemon/application/services.hpp"
#include "daemon/commands/console/filter_workspaces.hpp"
#include "daemon/commands/console/progress_display.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/commands/dead_end.hpp"
#include "daemon/commands/pending_hooks.hpp"
#include "daemon/runtime/async/race.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "daemon/runtime/process/signals.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::size_t most_told = 100;

/// One run, from its start on.
struct round {
  clock& time;
  signals& signal_requests;
  progress_display& display;
  services& parts;
  wall_time started;
  steady_time last;                      ///< when time is up
  std::string advice;                    ///< what to do if it is
  bool is_settled = false;               ///< everything was asked, stored and delivered
  std::optional<std::string> in_vain{};  ///< why it ended before its time; see dead_end()
};

task<> note_settled(round& what) {
  co_await what.parts.engine.settled();
  what.is_settled = true;
}

/// Ends when nothing can change any more without a person.
task<> note_dead_end(round& what) {
  const auto pause = what.time.make_sleeper();
  constexpr std::chrono::milliseconds between_looks{500};
  while (!what.in_vain) {
    co_await pause->sleep_until(what.time.now() + between_looks);
    what.in_vain = dead_end(what.parts.engine, what.started);
  }
}

/// Ends when everything is delivered or nothing can be, when time is up, or at a signal.
task<> settle(round& what, steady_time last) {
  const auto pause = what.time.make_sleeper();
  const auto until_timeout = [&]() -> task<> {
    co_await race(pause->sleep_until(last), next_stop(what.signal_requests));
  };
  const auto until_end = [&]() -> task<> { co_await race(note_dead_end(what), until_timeout()); };
  co_await race(note_settled(what), until_end());
}

/// One line for each workspace and sink that isn't right, up to a limit.
class shortfall {
 public:
  void tell(const std::string& what, std::string_view why) {
    if (++count_ <= most_told) {
      std::fprintf(stderr, "tokensyncd: %s: %s\n", what.c_str(),
                   why.empty() ? "it was not reached in time" : std::string{why}.c_str());
    }
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t sum_up() const {
    if (count_ > most_told) {
      std::fprintf(stderr, "tokensyncd: %zu more are not in sync\n", count_ - most_told);
    }
    return count_;
  }

 private:
  std::size_t count_ = 0;
};

/// Says what isn't in sync, or isn't known to be, and why; returns how much that is.
std::size_t report_missing(const round& what) {
  const sync::status_view& view = what.parts.engine;
  shortfall found;
  sync::workspace_status each;
  for (std::string after; view.next(after, each); after = each.id) {
    const std::string id{each.id};
    const bool gone = each.state == sync::workspace_state::gone;
    const std::size_t before = found.count();
    for (const auto& sink : each.sinks) {
      if (gone) {
        found.tell(id + " is not in sync in " + std::string{sink.name},
                   "the API does not know this workspace (404); check its id");
      } else if (!sink.in_sync) {
        found.tell(id + " is not in sync in " + std::string{sink.name},
                   sink.last_error.empty() ? each.last_error : sink.last_error);
      } else if (sink.hook_pending) {
        found.tell(unseen_by_hook(sink.name, id), sink.hook_error);
      }
    }
    const bool answered =
        each.last_error.empty() && each.last_success && *each.last_success >= what.started;
    if (!what.is_settled && found.count() == before && !answered) {
      found.tell(id + " was not checked", each.last_error);
    }
  }
  return found.sum_up();
}

exit_code report(round& what) {
  what.display.finish();
  const auto missing = report_missing(what);
  if (what.in_vain && !what.is_settled) {
    std::fprintf(stderr,
                 "tokensyncd: ended before the time limit, because waiting is in vain: %s\n",
                 what.in_vain->c_str());
  }
  if (!what.is_settled && !what.in_vain && what.time.now() >= what.last) {
    std::fprintf(stderr, "tokensyncd: the time limit was up; %s\n", what.advice.c_str());
  }
  if (missing == 0 && !what.is_settled) {
    std::fprintf(stderr, "tokensyncd: stopped before every token was known to be delivered\n");
  }
  what.parts.tell_unsaved();
  return missing == 0 && what.is_settled ? exit_code::ok : exit_code::no;
}

task<> deliver(round& what, steady_time last) {
  task_group work(co_await asio::this_coro::executor);
  work.start(what.parts.engine.run());
  drain_steps steps{what.signal_requests, what.time, {}, {}, {}};
  steps.on_late = [&what] {
    what.parts.log.warning("once.left",
                           "Stopped before all running requests, deliveries and hooks had ended.");
    return report(what);
  };
  co_await run_until(work, settle(what, last), std::move(steps));
}

/// How long one call for each workspace takes at least.
std::string advice_for(const config::configuration& settings) {
  const double rate = settings.partner.rate_limit;
  const auto calls = static_cast<double>(settings.workspaces.size());
  if (rate <= 0) return "use a longer --timeout";
  return "one call for each workspace takes " +
         std::to_string(std::lround(std::ceil(calls / rate))) +
         " s at `partner.rate_limit`, so use a longer --timeout than that";
}

exit_code bring_all(asio::io_context& loop, signals& signal_requests, const common_options& common,
                    const once_options& options, config::configuration settings) {
  const auto time = make_system_clock(loop);
  const steady_time last = time->now() + options.timeout;
  const opening_limits opening{true, last};
  refuse_to_take_over(settings, opening);
  filter_workspaces(settings, options.workspaces);

  progress_display display;
  // A bar and a line for each event don't go together: what fails is told at the end.
  auto level = common.level;
  if (!level && display.is_bar()) {
    level = config::log_level::error;
  }
  const auto on_change = [&display] { display.changed(); };
  services parts{loop,
                 *time,
                 settings,
                 {.level = level,
                  .spread = false,
                  .whole = options.workspaces.empty(),
                  .on_change = on_change,
                  .verifies = false,
                  .opening = opening,
                  .shares_line = display.is_bar()}};
  signal_requests.catch_stops();
  display.show(parts.engine);
  round what{*time,
             signal_requests,
             display,
             parts,
             std::chrono::floor<std::chrono::seconds>(time->wall()),
             last,
             advice_for(settings)};
  run_on(loop, deliver(what, last));
  const exit_code code = report(what);
  end_in_time(code);
  return code;
}

}  // namespace

exit_code run_command(const common_options& common, const once_options& options) {
  harden_process();
  asio::io_context loop{1};
  signals signal_requests{loop};
  const auto bring = [&](config::configuration settings) {
    return bring_all(loop, signal_requests, common, options, std::move(settings));
  };
  return with_configuration(common.config, bring);
}

}  // namespace tokensyncd::commands
