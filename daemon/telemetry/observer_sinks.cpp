// What becomes of tokens at sinks and of their hooks.
#include <string>
#include <string_view>

#include "daemon/telemetry/names.hpp"
#include "daemon/telemetry/observer.hpp"
#include "daemon/telemetry/observer_words.hpp"

namespace tokensyncd::telemetry {

void observer::delivered(const sync::delivery_event& what) {
  metrics_.delivered(what.sink, telemetry::to_metric(what.how), what.propagation);
  audit_.delivered(what);
  const bool touched = what.how != sync::write_result::unchanged;
  std::string after;
  if (what.failed_for) {
    reminders_.ended_all(sink_key(what.sink));
    after = ", after " + length_in_words(*what.failed_for) + " of failures";
  }
  line(touched || what.failed_for ? log_level::info : log_level::debug, "sink.delivered",
       "The sink '" + std::string(what.sink) + "' has the token of " + quoted(what.workspace) +
           after + ".",
       {{"workspace", what.workspace},
        {"sink", what.sink},
        {"result", telemetry::name_of(what.how)},
        {"generation", what.what.generation},
        {"fingerprint", what.what.token.short_hex()},
        {"duration_ms", milliseconds_of(what.duration)}});
}

void observer::delivery_failed(const sync::delivery_failure_event& what) {
  const bool conflict = what.error.kind == failure_kind::conflict;
  metrics_.delivered(what.sink,
                     conflict ? metrics::write_result::conflict : metrics::write_result::error);
  if (what.consecutive <= 1) audit_.delivery_failed(what);
  const auto lasts =
      reminders_.failed(sink_key(what.sink).append(to_string(what.error.kind)), time_.now());
  line(what.consecutive <= 1 || lasts ? level_of(what.error) : log_level::debug, "sink.failed",
       about(what.sink, what.workspace) + what.error.sentence + last_words(what.error) +
           (lasts ? still(*lasts) : ""),
       {{"workspace", what.workspace},
        {"sink", what.sink},
        {"reason", to_string(what.error.kind)},
        {"generation", what.what.generation},
        {"failures", what.consecutive},
        {"retry_in_ms", what.retry_in.count()}});
}

void observer::drifted(std::string_view workspace, std::string_view sink) {
  line(log_level::warning, "sink.drifted",
       "The token that the sink '" + std::string(sink) + "' wrote for " + quoted(workspace) +
           " was changed or removed by another program; tokensyncd writes it again.",
       {{"workspace", workspace}, {"sink", sink}});
}

void observer::retired(const sync::retirement_event& what) {
  held_.forget(what.workspace);
  static_cast<void>(reminders_.ended(source_key(what.workspace), time_.now()));
  audit_.retired(what);
  if (what.error != nullptr) {
    line(level_of(*what.error), "sink.withdraw_failed",
         about(what.sink, what.workspace) + what.error->sentence,
         {{"workspace", what.workspace},
          {"sink", what.sink},
          {"reason", to_string(what.error->kind)}});
    return;
  }
  line(log_level::info, "workspace.retired",
       "The token that the sink '" + std::string(what.sink) + "' holds for " +
           quoted(what.workspace) + " is no longer needed: it is " +
           (what.withdrawn ? "deleted." : "kept."),
       {{"workspace", what.workspace}, {"sink", what.sink}, {"withdrawn", what.withdrawn}});
}

void observer::hook_ran(const sync::hook_event& what) {
  if (what.error != nullptr && what.error->kind == failure_kind::cancelled) {
    line(log_level::info, "hook.stopped", what.error->sentence, {{"sink", what.sink}});
    return;
  }
  using metrics::hook_result;
  const bool is_news = what.error == nullptr || what.error_is_new;
  if (is_news) audit_.hook_ran(what);
  if (what.error == nullptr) {
    metrics_.hook_ran(what.sink, hook_result::ok);
    reminders_.ended_all(hook_key(what.sink));
    const std::string after =
        what.failed_for ? ", after " + length_in_words(*what.failed_for) + " of failures" : "";
    line(log_level::info, "hook.done",
         "The hook of the sink '" + std::string(what.sink) + "' has run" + after + ".",
         {{"sink", what.sink},
          {"changes", what.changes},
          {"duration_ms", milliseconds_of(what.duration)}});
    return;
  }
  const bool late = what.error->kind == failure_kind::timed_out;
  metrics_.hook_ran(what.sink, late ? hook_result::timeout : hook_result::failed);
  const auto lasts = reminders_.failed(hook_key(what.sink), time_.now());
  line(is_news || lasts ? log_level::warning : log_level::debug, "hook.failed",
       naming("Hook of the sink ", what.sink, what.error->sentence) + last_words(*what.error) +
           (lasts ? still(*lasts) : ""),
       {{"sink", what.sink},
        {"reason", to_string(what.error->kind)},
        {"changes", what.changes},
        {"failures", what.consecutive},
        {"retry_in_ms", what.retry_in.count()}});
}

}  // namespace tokensyncd::telemetry
