#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/stat.h>

#include "config/print/effective.hpp"
#include "config/rules/schedule_fit.hpp"
#include "daemon/application/configuration.hpp"
#include "daemon/application/factories.hpp"
#include "daemon/commands/check/check_api.hpp"
#include "daemon/commands/check/check_places.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/runtime/async/run_on.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "daemon/runtime/process/limits.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"

namespace tokensyncd::commands {

namespace {

constexpr std::size_t most_shown = 100;

/// What a check finds, in the order in which it is told.
class check_run {
 public:
  check_run(asio::io_context& loop, const config::configuration& settings)
      : settings_(settings),
        time_(make_system_clock(loop)),
        rng_(make_rng()),
        log_({}),
        identity_({}),
        prints_({}),
        unwrapped_(*time_),
        world_{loop,
               *time_,
               log_,
               {system_,
                identity_,
                loop,
                *time_,
                *rng_,
                prints_,
                unwrapped_,
                settings.partner.id,
                user_agent(),
                {sink_notices(log_)}}} {
    answers_.workspaces = settings.workspaces.size();
    world_.for_sinks.guard->protect(own_files_of(settings));
  }

  /// Looks, and writes nothing.
  task<check_findings> look() {
    auto found = look_at_own_destinations(settings_);
    make_api(found);
    auto of_sinks = co_await check_sinks(settings_, world_.for_sinks, sync::thoroughness::look);
    std::move(of_sinks.begin(), of_sinks.end(), std::back_inserter(found));
    co_return found;
  }

  /// Asks and tries; what `seen` says already isn't said again.
  task<check_findings> go_online(const check_findings& seen) {
    check_findings found;
    if (api_) {
      answers_ = co_await ask_for_workspaces(*api_, settings_, *time_);
      found = answers_.findings;
    }
    auto of_sinks = co_await check_sinks(settings_, world_.for_sinks, sync::thoroughness::try_out);
    for (auto& each : of_sinks) {
      if (std::find(seen.begin(), seen.end(), each) == seen.end()) {
        found.push_back(std::move(each));
      }
    }
    co_return found;
  }

  [[nodiscard]] const api_answers& answers() const { return answers_; }

 private:
  void make_api(check_findings& found) {
    try {
      api_ = make_source(settings_.partner, world_);
    } catch (const std::runtime_error& error) {
      pass_on_shortage(error);
      found.push_back({"partner", error.what()});
    }
  }

  const config::configuration& settings_;
  std::unique_ptr<clock> time_;
  std::unique_ptr<random_source> rng_;
  logger log_;
  sinks::system_calls system_;
  // Of no installation: a check opens no state, and nothing that it makes stays.
  sinks::writer_identity identity_;
  fingerprinter prints_;
  sinks::vault::unwrapped_secrets unwrapped_;
  factory_context world_;
  std::shared_ptr<source::partner_source> api_;
  api_answers answers_;
};

/// A secret may be read by everybody: that is no error, as in some containers it can't be helped.
void warn_of_open_secrets(const config::configuration& all, const config::variables& hidden) {
  const config::partner_settings& settings = all.partner;
  const auto look = [&hidden](const char* key, const std::filesystem::path& file) {
    struct stat found{};
    if (!file.empty() && ::stat(file.c_str(), &found) == 0 && (found.st_mode & S_IROTH) != 0) {
      std::fprintf(stderr,
                   "tokensyncd: warning: %s: every user of this machine can read %s; remove that "
                   "permission (chmod o-r)\n",
                   key, config::without_values(file.string(), hidden).c_str());
    }
  };
  look("partner.secret_file", settings.secret_file);
  look("partner.previous_secret_file", settings.previous_secret_file);
  look("partner.proxy_auth_file", settings.proxy_auth_file);
  if (all.webhook) {
    look("webhook.tls.key_file", all.webhook->key_file);
  }
}

exit_code look_and_try(const config::configuration& settings, bool online,
                       const config::variables& hidden) {
  asio::io_context loop{1};
  check_run run{loop, settings};
  check_findings seen;
  check_findings met;
  const auto work = [&]() -> task<> {
    seen = co_await run.look();
    if (online) {
      met = co_await run.go_online(seen);
    }
  };
  run_on(loop, work());
  if (seen.empty()) {
    std::puts("# destinations: no problem found for this user");
  }
  if (online) {
    std::printf("# online: %s\n", summary_of(run.answers()).c_str());
  }
  for (const check_findings* found : {&seen, &met}) {
    const auto lines = config::without_values(render_findings(*found, most_shown), hidden);
    std::fputs(lines.c_str(), stderr);
  }
  if (!seen.empty()) {
    return exit_code::bad_config;
  }
  return met.empty() ? exit_code::ok : exit_code::no;
}

}  // namespace

exit_code run_command(const common_options& common, const check_options& options) {
  harden_process();
  const auto loaded = loaded_or_fail(common.config);
  const config::configuration& settings = *loaded.value;
  const config::variables& hidden = loaded.from_environment;
  std::fputs(config::effective_yaml(settings, most_shown, hidden).c_str(), stdout);
  const auto fit = config::judge_schedule(settings);
  std::printf("# %s\n", fit.sentence.c_str());
  warn_of_open_secrets(settings, hidden);
  return look_and_try(settings, options.online, hidden);
}

}  // namespace tokensyncd::commands
