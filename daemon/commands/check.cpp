#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "config/effective.hpp"
#include "config/schedule_fit.hpp"
#include "daemon/commands/perform.hpp"
#include "daemon/configuration.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/run_on.hpp"
#include "daemon/setup.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::size_t most_shown = 100;

/// The workspaces that write to the sink at `index`.
std::vector<sync::target> targets_of(const config::configuration& settings, std::size_t index) {
  std::vector<sync::target> targets;
  for (const auto& each : settings.workspaces) {
    const auto& profile = settings.profiles[each.profile];
    for (const auto sink : profile.sinks) {
      if (sink == index) {
        targets.push_back({each.id, profile.workspace_labels});
      }
    }
  }
  return targets;
}

class online_check {
 public:
  online_check(asio::io_context& loop, const config::configuration& settings)
      : settings_(settings),
        time_(make_system_clock(loop)),
        log_({}),
        identity_({}),
        world_{loop, *time_, log_, {system_, identity_}} {}

  /// Tries everything; one sentence a trouble.
  task<std::vector<std::string>> run() {
    std::vector<std::string> troubles;
    co_await try_api(troubles);
    co_await try_sinks(troubles);
    co_return troubles;
  }

 private:
  task<> try_api(std::vector<std::string>& troubles) {
    if (settings_.workspaces.empty()) {
      co_return;
    }
    std::shared_ptr<source::partner_source> api;
    try {
      api = make_source(settings_.partner, world_);
    } catch (const std::runtime_error& error) {
      troubles.push_back(error.what());
      co_return;
    }
    const auto probed = co_await api->probe(settings_.workspaces.front().id);
    if (!probed) {
      troubles.push_back(probed.error().sentence);
    }
  }

  task<> try_sinks(std::vector<std::string>& troubles) {
    for (std::size_t i = 0; i != settings_.sinks.size(); ++i) {
      const auto sink = sinks::make_sink(settings_.sinks[i], world_.places);
      const auto targets = targets_of(settings_, i);
      const auto found = co_await sink->check(targets);
      for (const auto& each : found) {
        troubles.push_back(settings_.sinks[i].name + ": " + each.sentence);
      }
    }
  }

  const config::configuration& settings_;
  std::unique_ptr<clock> time_;
  logger log_;
  sinks::system_calls system_;
  sinks::writer_identity identity_;
  setup_world world_;
};

exit_code try_online(const config::configuration& settings) {
  asio::io_context loop{1};
  online_check check{loop, settings};
  std::vector<std::string> troubles;
  const auto work = [&]() -> task<> { troubles = co_await check.run(); };
  run_on(loop, work());
  for (const auto& each : troubles) {
    std::fprintf(stderr, "tokensyncd: %s\n", each.c_str());
  }
  if (!troubles.empty()) {
    return exit_code::no;
  }
  std::puts(
      settings.workspaces.empty()
          ? "# online: every directory can be written; without a workspace the API isn't asked"
          : "# online: the Partner API takes the credentials, every directory can be written");
  return exit_code::ok;
}

}  // namespace

exit_code perform(const common_options& common, const check_options& options) {
  harden_process();
  const auto settings = load_or_fail(common.config);
  std::fputs(config::effective_yaml(settings, most_shown).c_str(), stdout);
  const auto fit = config::judge_schedule(settings);
  std::printf("# %s\n", fit.sentence.c_str());
  if (!options.online) {
    return exit_code::ok;
  }
  return try_online(settings);
}

}  // namespace tokensyncd::commands
