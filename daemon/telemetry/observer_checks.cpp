// What the checks of workspaces come to.
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/telemetry/names.hpp"
#include "daemon/telemetry/observer.hpp"
#include "daemon/telemetry/observer_words.hpp"

namespace tokensyncd::telemetry {
namespace {

using namespace std::chrono_literals;

/// For how long a failure of undecided blame isn't logged. A few show no outage; many may, and with
/// few connections and an API that lets each call time out it takes that long to be recognised.
constexpr auto few_held_for = 3s;
constexpr auto many_held_for = 1min;
constexpr std::size_t few = 2;

/// Whether the API has spoken about the workspace itself.
bool is_answer(const sync::check_event& what) {
  return what.error == nullptr || what.error->kind == failure_kind::denied ||
         what.error->kind == failure_kind::gone;
}

}  // namespace

observer::~observer() {
  log_held(held_.take_all());
}

void observer::checked(const sync::check_event& what) {
  metrics_.checked(to_metric(what.how), what.lag, what.duration, what.clock_skew);
  if (what.rotated_at_unreadable) metrics_.time_unreadable();
  if (what.rotated_at_unreadable_is_new) {
    line(log_level::warning, "token.rotated_at_unreadable",
         "The API's rotated_at for " + quoted(what.workspace) +
             " is not an RFC 3339 time. It is treated as absent; the token is delivered.",
         {{"workspace", what.workspace}});
  }
  const steady_time now = time_.now();
  if (is_answer(what)) log_held(held_.take_before(now - what.duration));
  log_held(held_.take_before(now - (held_.size() <= few ? few_held_for : many_held_for)));
  if (what.error == nullptr) {
    check_succeeded(what);
  } else {
    check_failed(what);
  }
}

void observer::check_succeeded(const sync::check_event& what) {
  held_.forget(what.workspace);
  if (what.failed_for && reminders_.ended(source_key(what.workspace), time_.now())) {
    line(log_level::info, "source.recovered",
         "The API answers for " + quoted(what.workspace) + " again, after " +
             length_in_words(*what.failed_for) + ".",
         {{"workspace", what.workspace}});
  }
  if (!log_.enabled(log_level::debug)) return;
  line(log_level::debug, "source.checked",
       "The workspace " + quoted(what.workspace) + " was checked.",
       {{"workspace", what.workspace},
        {"result", name_of(what.how)},
        {"trigger", to_string(what.why)},
        {"duration_ms", milliseconds_of(what.duration)}});
}

void observer::check_failed(const sync::check_event& what) {
  const bool refuses = what.how == sync::poll_result::denied || what.how == sync::poll_result::gone;
  if (refuses && what.error_is_new) audit_.refused(what);
  const failure_kind cause = what.error->kind;
  const bool is_the_apis = what.whose == sync::blame::upstream;
  const auto lasts = reminders_.failed(
      is_the_apis ? std::string{upstream_key} : source_key(what.workspace), time_.now());
  // An outage is told with each of its causes once, and again while it lasts.
  if (is_the_apis && (causes_told_.insert(cause).second || lasts)) {
    line(level_of(*what.error), "upstream.down",
         what.error->sentence + (lasts ? still(*lasts) : ""), {{"reason", to_string(cause)}});
    return;
  }
  const std::string sentence =
      naming("Workspace ", what.workspace, what.error->sentence) + (lasts ? still(*lasts) : "");
  // One that an outage hid is news after it.
  const bool was_untold = !is_the_apis && held_.take_hidden(what.workspace);
  const bool is_news = !is_the_apis && (what.error_is_new || was_untold);
  const log_level level = is_news || lasts ? level_of(*what.error) : log_level::debug;
  held_failure failed{
      std::string(what.workspace), time_.now(), what.why, what.how, level, cause, sentence};
  if (is_news && what.whose == sync::blame::undecided) {
    held_.hold(std::move(failed));
  } else {
    log_failure(failed);
  }
}

void observer::log_failure(const held_failure& what) {
  line(what.level, "source.failed", what.sentence,
       {{"workspace", what.workspace},
        {"result", name_of(what.how)},
        {"reason", to_string(what.kind)},
        {"trigger", to_string(what.why)}});
}

void observer::log_held(const std::vector<held_failure>& failures) {
  for (const held_failure& each : failures) log_failure(each);
}

/// They failed because the API as a whole did, as far as is known.
void observer::hide_held() {
  for (const std::string& workspace : held_.hide_all())
    static_cast<void>(reminders_.ended(source_key(workspace), time_.now()));
}

}  // namespace tokensyncd::telemetry
