#include "daemon/telemetry/observer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "daemon/telemetry/names.hpp"
#include "daemon/telemetry/observer_words.hpp"

namespace tokensyncd::telemetry {
namespace {

constexpr std::chrono::minutes between_reminders{1};

}  // namespace

observer::observer(metrics::daemon_metrics& metrics, logger& log, audit& audit, const clock& time)
    : metrics_(metrics), log_(log), audit_(audit), time_(time) {}

void observer::line(log_level level, std::string_view event, std::string_view sentence,
                    log_fields fields) {
  if (!log_.enabled(level)) return;
  const steady_time now = time_.now();
  while (const auto lost = budget_.take_suppressed(now)) {
    log_.write(lost->level, "log.suppressed",
               "Lines of '" + std::string{lost->event} +
                   "' were left out, because there were too many: " + std::to_string(lost->lines) +
                   ".",
               {{"of", lost->event}, {"lines", lost->lines}});
  }
  if (budget_.allow(event, now, level)) log_.write(level, event, sentence, fields);
}

void observer::revised(const sync::revision_event& what) {
  audit_.revised(what);
  const std::string print = what.now.token.short_hex();
  const log_fields fields{{"workspace", what.workspace},
                          {"generation", what.now.generation},
                          {"fingerprint", print},
                          {"trigger", to_string(what.why)}};
  if (what.rotated_at_filled_in) {
    line(log_level::debug, "token.rotated_at_known",
         "The API now says when the token of " + quoted(what.workspace) + " was rotated.", fields);
  } else if (what.before.generation == 0) {
    line(log_level::info, "token.first_seen",
         "The token of " + quoted(what.workspace) + " was seen for the first time.", fields);
  } else {
    line(log_level::info, "token.rotated",
         "The token of " + quoted(what.workspace) + " was rotated.", fields);
  }
  if (what.rotated_at_went_back) {
    line(log_level::warning, "token.rotated_at_went_back",
         "The new token of " + quoted(what.workspace) +
             " has an older rotated_at than the previous token; it is delivered anyway.",
         fields);
  }
}

void observer::answered_stale(const sync::stale_event& what) {
  line(log_level::info, "token.stale_answer",
       "The API answered for " + quoted(what.workspace) +
           " with something older than is known; tokensyncd asks again.",
       {{"workspace", what.workspace},
        {"generation", what.generation},
        {"trigger", to_string(what.why)}});
}

void observer::upstream_changed(const sync::upstream_event& what) {
  const std::string until = what.until ? format_rfc3339(*what.until) : "";
  const steady_time now = time_.now();
  const bool fails = what.now != sync::upstream_state::normal;
  std::string after;
  if (fails) {
    hide_held();
    static_cast<void>(reminders_.failed(upstream_key, now));
    if (what.error != nullptr) causes_told_.insert(what.error->kind);
    if (what.now == sync::upstream_state::throttled) causes_told_.insert(failure_kind::throttled);
  } else {
    causes_told_.clear();
    if (const auto lasted = reminders_.ended(upstream_key, now))
      after = ", after " + length_in_words(*lasted);
  }
  const std::string_view reason = what.error != nullptr ? to_string(what.error->kind) : "";
  switch (what.now) {
    case sync::upstream_state::normal:
      line(log_level::info, "upstream.recovered", "The Partner API answers again" + after + ".",
           {{"rate_per_second", what.rate_per_second}});
      break;
    case sync::upstream_state::throttled:
      line(log_level::warning, "upstream.throttled",
           "The Partner API limits the rate; all calls are paused.",
           {{"until", until}, {"rate_per_second", what.rate_per_second}, {"reason", reason}});
      break;
    case sync::upstream_state::down:
      line(what.error != nullptr ? level_of(*what.error) : log_level::warning, "upstream.down",
           what.error != nullptr ? what.error->sentence : "The Partner API does not answer.",
           {{"next_probe", until}, {"reason", reason}});
      break;
  }
}

void observer::denied_all(std::size_t workspaces) {
  line(log_level::error, "upstream.denies_all",
       "The Partner API denies every workspace, so the cause is probably the partner, not the "
       "workspaces; check partner.id, or ask TimelinesAI's support what happened to this partner.",
       {{"workspaces", workspaces}});
}

void observer::gone_all(std::size_t workspaces) {
  line(log_level::error, "upstream.knows_none",
       "The Partner API knows none of the workspaces, so the cause is probably the partner or the "
       "URL; check partner.api_url and partner.id, or ask TimelinesAI's support what happened to "
       "this partner.",
       {{"workspaces", workspaces}});
}

void observer::state_failed(const failure& error) {
  metrics_.state_failed();
  const steady_time now = time_.now();
  const bool may_tell = state_failure_told_ ? now - *state_failure_told_ >= between_reminders
                                            : state_budget_.allow("state.failed", now);
  if (!may_tell) return;
  state_failure_told_ = now;
  log_.error("state.failed", error.sentence, {{"reason", to_string(error.kind)}});
}

void observer::state_recovered() {
  if (!std::exchange(state_failure_told_, std::nullopt)) return;
  log_.info("state.recovered", "The state is written again; all pending changes are saved.");
}

void observer::task_failed(const failure& fault) {
  metrics_.task_failed();
  line(log_level::error, "task.failed", fault.sentence, {{"reason", to_string(fault.kind)}});
}

void observer::rotating(const sync::rotation_event& what) {
  audit_.rotating(what);
  const std::string workspace = quoted(what.workspace);
  if (what.step == sync::rotation_step::asking) {
    line(log_level::info, "token.rotating",
         (what.by_policy ? "The rotation policy" : "A command") +
             std::string(" asks the API to replace the token of ") + workspace + ".",
         {{"workspace", what.workspace}});
    return;
  }
  const bool lost = what.step == sync::rotation_step::lost;
  const std::string sentence =
      lost ? "The token of " + workspace + " may have been rotated; the next check shows it."
           : "The API did not rotate the token of " + workspace + ".";
  line(log_level::warning, lost ? "token.rotation_lost" : "token.rotation_refused", sentence,
       {{"workspace", what.workspace}, {"reason", to_string(what.error->kind)}});
}

void observer::policy_changed(const sync::policy_event& what) {
  audit_.policy_changed(what);
  const bool stopped = what.step == sync::policy_step::stopped;
  const std::string workspace = quoted(what.workspace);
  const std::string begin =
      stopped ? "The rotation policy has stopped, because the rotation of " + workspace +
                    " is not confirmed; fix the cause, then run `tokensyncd reload`: "
              : "The rotation policy leaves " + workspace + " alone for a while: ";
  line(stopped ? log_level::error : log_level::warning,
       stopped ? "rotation.stopped" : "rotation.postponed", begin + std::string(what.why),
       {{"workspace", what.workspace}});
}

void observer::verified(const sync::verification_event& what) {
  audit_.verified(what);
  const std::string print = what.what.token.short_hex();
  const log_fields fields{{"workspace", what.workspace},
                          {"generation", what.what.generation},
                          {"fingerprint", print},
                          {"result", telemetry::name_of(what.how)}};
  if (what.error == nullptr) {
    line(log_level::info, "token.verified",
         "The Public API accepts the token of " + quoted(what.workspace) + ".", fields);
  } else {
    const bool refused = what.how == sync::token_state::refused;
    line(refused ? log_level::error : log_level::warning, "token.not_verified",
         what.error->sentence, fields);
  }
}

void observer::reloaded(const refused_reload* refused, std::string_view changes) {
  audit_.reloaded(refused == nullptr ? nullptr : &refused->why, changes);
  if (refused != nullptr) {
    metrics_.reload_refused(refused->reason);
    log_.error("config.rejected", refused->why.sentence, {{"reason", name_of(refused->reason)}});
    return;
  }
  metrics_.reloaded(std::chrono::floor<std::chrono::seconds>(time_.wall()));
  std::string sentence{"The new configuration is in use"};
  if (!changes.empty()) sentence.append("; ").append(changes);
  log_.info("config.reloaded", sentence + ".");
}

}  // namespace tokensyncd::telemetry
