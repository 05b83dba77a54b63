#include "daemon/application/services.hpp"

#include <utility>

#include "daemon/application/own_clashes.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/model/version.hpp"
#include "daemon/runtime/process/limits.hpp"

namespace tokensyncd {

namespace {

// The configuration has enumerations of its own, because it knows nothing of the daemon.
log_level level_of(config::log_level from) {
  switch (from) {
    case config::log_level::debug:
      return log_level::debug;
    case config::log_level::info:
      return log_level::info;
    case config::log_level::warning:
      return log_level::warning;
    case config::log_level::error:
      break;
  }
  return log_level::error;
}

log_format format_of(config::log_format from) {
  switch (from) {
    case config::log_format::text:
      return log_format::text;
    case config::log_format::json:
      return log_format::json;
    case config::log_format::journal:
      return log_format::journal;
    case config::log_format::automatic:
      break;
  }
  return log_format::automatic;
}

log_options options_of(const config::log_settings& settings,
                       const std::optional<config::log_level>& level, bool shares_line = false) {
  log_options options;
  options.level = level_of(level.value_or(settings.level));
  options.format = format_of(settings.format);
  options.clears_line = shares_line;
  return options;
}

/// The log's, once no two things of the daemon's own have one file: what is written to one would
/// spoil the other.
const config::log_settings& log_without_clashes(const config::configuration& settings) {
  std::string lines;
  for (const auto& each : find_own_clashes(settings)) {
    lines += (lines.empty() ? "" : "\n") + each.key + ": " + each.sentence;
  }
  if (!lines.empty()) {
    throw command_failed(exit_code::bad_config, lines);
  }
  return settings.log;
}

std::shared_ptr<source::partner_source> source_or_fail(const config::partner_settings& settings,
                                                       const factory_context& world) {
  try {
    return make_source(settings, world);
  } catch (const command_failed&) {
    throw;
  } catch (const std::exception& error) {
    pass_on_shortage(error);
    throw command_failed(exit_code::bad_config, error.what());
  }
}

std::vector<made_sink> sinks_or_fail(const config::configuration& settings,
                                     const factory_context& world) {
  try {
    return make_sinks(settings, {}, world);
  } catch (const std::exception& error) {
    pass_on_shortage(error);
    throw command_failed(exit_code::bad_config, error.what());
  }
}

sync::engine_settings setup_of(const config::configuration& settings,
                               std::shared_ptr<source::partner_source> from,
                               const std::vector<made_sink>& sinks, const factory_context& world,
                               const services_options& options) {
  auto made = make_setup(settings, std::move(from), sinks, world);
  made.whole = options.whole;
  made.verify_after = made.verify_after && options.verifies;
  return made;
}

/// What the runs of an installation share where none remembers the one before: so a run knows the
/// temporary files that an earlier one left. Names them and no more, so it needs no secret.
installation_key key_without_state(const config::configuration& settings) {
  const hmac_sha256 names{installation_key{}};
  return names.of(settings.file.string() + '\0' + settings.partner.id);
}

std::vector<std::string> sink_names(const config::configuration& settings) {
  std::vector<std::string> names;
  for (const auto& each : settings.sinks) {
    names.push_back(each.name);
  }
  return names;
}

}  // namespace

shared_tools::shared_tools(const installation_key& key, const installation_key& names, clock& time)
    : rng(make_rng()), prints(key), identity(names), unwrapped(time) {}

services::services(asio::io_context& loop, clock& time, const config::configuration& settings,
                   services_options options)
    : level_(options.level),
      log(options_of(log_without_clashes(settings), level_, options.shares_line)),
      metrics(program_version(), program_revision()),
      audit(settings.audit.file, time, log, metrics),
      observer(metrics, log, audit, time),
      relay_(observer, options.on_change),
      state_(loop, time, settings.state, options.opening, log,
             [this, changed = std::move(options.on_change)] {
               if (!state_.watched.failing()) {
                 observer.state_recovered();
               }
               if (changed) {
                 changed();
               }
             }),
      tools_(state_.opened.key,
             settings.state.in_memory ? key_without_state(settings) : state_.opened.key, time),
      world_{loop,
             time,
             log,
             {tools_.system,
              tools_.identity,
              loop,
              time,
              *tools_.rng,
              tools_.prints,
              tools_.unwrapped,
              settings.partner.id,
              user_agent(),
              {sink_notices(log), sink_outputs(log)},
              {[this] { return engine.tokens(); }, [this] { return made_.api->secrets(); }}}},
      made_{source_or_fail(settings.partner, world_), sinks_or_fail(settings, world_)},
      engine({time, *tools_.rng, state_.watched, relay_, tools_.prints},
             setup_of(settings, made_.api, made_.sinks, world_, options), options.spread) {
  metrics.sinks(sink_names(settings));
  metrics.webhook(settings.webhook.has_value());
  state_.watched.on_notice([this](bool is_lost, const std::string& sentence) {
    metrics.state_failed();
    log.warning(is_lost ? "state.replaced" : "state.lock", sentence);
    if (is_lost) {
      engine.store_anew();
    }
  });
  const opening_watch watched{settings.state, options.opening};
  if (const auto restored = engine.restore(); !restored) {
    throw command_failed(exit_code::os_error, restored.error().sentence);
  }
}

task<> services::look_at_secrets() {
  // A reload may replace it meanwhile.
  const auto source = made_.api;
  const bool is_another = co_await source->renew_secrets();
  if (is_another) engine.ask_api_again();
}

task<> services::look_at_state() {
  const auto looked = co_await state_.watched.look();
  if (!looked) {
    observer.state_failed(looked.error());
  }
}

telemetry::side_trouble services::trouble() const {
  telemetry::side_trouble found;
  if (state_.watched.failing()) found.state = state_.watched.why_failing();
  found.audit = audit.failing();
  return found;
}

bool services::tell_unsaved() {
  const auto why = state_.watched.unsaved();
  if (why) {
    log.error("state.unsaved",
              "The last changes are not saved in the state: " + why->sentence +
                  ". The next start continues from the last saved state: it counts later "
                  "generations again, and a pending hook may not run.",
              {{"reason", to_string(why->kind)}});
  }
  return why.has_value();
}

void services::apply(const config::configuration& settings) {
  auto next = make_source(settings.partner, world_);
  auto next_sinks = make_sinks(settings, made_.sinks, world_);
  engine.reload(make_setup(settings, next, next_sinks, world_));
  made_ = {std::move(next), std::move(next_sinks)};
  rename_sinks(made_.sinks);
  const auto logging = options_of(settings.log, level_);
  log.set_level(logging.level);
  log.set_format(logging.format);
  audit.reopen(settings.audit.file);
  metrics.sinks(sink_names(settings));
}

}  // namespace tokensyncd
