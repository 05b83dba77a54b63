#include "daemon/telemetry/summary.hpp"

#include <chrono>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <utility>

#include "daemon/model/failure_words.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::telemetry {
namespace {

constexpr std::size_t longest_headline = 80;
constexpr std::size_t longest_detail = 360;

/// One thing that is wrong: for the headline, and in full.
struct issue {
  std::string clause;
  std::string detail;
};
using issues = std::vector<issue>;

std::string with_commas(std::size_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i != digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string workspaces(std::size_t count) {
  return with_commas(count) + (count == 1 ? " workspace" : " workspaces");
}

std::string without_stop(std::string_view sentence) {
  if (sentence.ends_with('.')) sentence.remove_suffix(1);
  return std::string{sentence};
}

/// In whole seconds, as people read it.
std::string time_of(wall_time when) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(when));
}

/// `14:02 UTC`, or with the date where that isn't today's.
std::string clock_of(wall_time when, wall_time now) {
  const std::string whole = format_rfc3339(when);
  const bool is_today = whole.substr(0, 10) == format_rfc3339(now).substr(0, 10);
  return (is_today ? "" : whole.substr(0, 10) + " ") + whole.substr(11, 5) + " UTC";
}

std::size_t count_of(const sync::fleet_status& fleet, sync::workspace_state state) {
  return fleet.workspaces[static_cast<std::size_t>(state)];
}

std::size_t size_of(const sync::fleet_status& fleet) {
  return std::reduce(fleet.workspaces.begin(), fleet.workspaces.end(), std::size_t{0});
}

/// `2 workspaces (acme, bolt)`: how many are so, and the first of them.
std::string few_of(const sync::fleet_status& fleet, sync::workspace_state state) {
  const std::size_t all = count_of(fleet, state);
  const auto& few = fleet.named[static_cast<std::size_t>(state)];
  std::string names;
  for (const std::string_view each : few) names.append(names.empty() ? "" : ", ").append(each);
  if (all > few.size()) names.append(names.empty() ? "" : ", …");
  return workspaces(all) + (names.empty() ? "" : " (" + names + ")");
}

/// Why the first of those that weren't checked wasn't.
std::string cause_of(const sync::fleet_status& fleet) {
  if (fleet.stale_cause.empty()) return {};
  const auto& few = fleet.named[static_cast<std::size_t>(sync::workspace_state::stale)];
  const std::string name{few.front()};
  return "; " + name + ": " + without_stop(without_workspace(fleet.stale_cause, name));
}

void add_api(const sync::fleet_status& fleet, issues& out) {
  if (!fleet.api) return;
  std::string clause{as_api_clause(fleet.api->cause)};
  clause += " since " + clock_of(fleet.api->since, fleet.at);
  std::string detail = fleet.api->sentence.empty() ? std::string{in_words(fleet.api->cause)}
                                                   : without_stop(fleet.api->sentence);
  if (!detail.starts_with("the Partner API")) detail.insert(0, "Partner API: ");
  detail += "; since " + time_of(fleet.api->since);
  if (fleet.throttled_until) detail += ", until " + time_of(*fleet.throttled_until);
  if (fleet.next_probe) detail += ", next probe at " + time_of(*fleet.next_probe);
  out.push_back({std::move(clause), std::move(detail)});
}

/// What concerns all workspaces, and so is the partner's trouble rather than theirs.
void add_refusal_of_all(const sync::fleet_status& fleet, issues& out) {
  const std::size_t all = size_of(fleet);
  const std::size_t gone = count_of(fleet, sync::workspace_state::gone);
  const std::size_t denied = count_of(fleet, sync::workspace_state::denied);
  if (all > 1 && gone == all) {
    out.push_back({"API knows none of the " + workspaces(all),
                   "Partner API: it knows none of the workspaces: check partner.api_url and "
                   "partner.id, or ask its support"});
  } else if (all - gone > 1 && denied == all - gone) {
    out.push_back({"API denies every workspace",
                   "Partner API: it denies every workspace: check partner.id, or ask its support"});
  }
}

void add_undelivered(const sync::fleet_status& fleet, issues& out) {
  if (fleet.undelivered == 0) return;
  std::string clause =
      with_commas(fleet.undelivered) + " of " + workspaces(size_of(fleet)) + " not delivered";
  std::string causes;
  std::string waiting;
  std::vector<std::string> details;
  for (const sync::sink_totals& sink : fleet.sinks) {
    if (sink.out_of_sync == 0) continue;
    if (!sink.cause) {
      waiting.append(waiting.empty() ? ": " : ", ").append(sink.name);
      continue;
    }
    causes.append(causes.empty() ? ": " : ", ").append(sink.name);
    causes.append(" (").append(in_words(*sink.cause)).append(")");
    std::string& detail = details.emplace_back("sink ");
    detail.append(sink.name).append(": ").append(workspaces(sink.out_of_sync));
    detail.append(" not delivered: ");
    detail.append(without_stop(sink.last_error.empty() ? sink.place_error : sink.last_error));
  }
  clause += causes.empty() ? " yet" + waiting : causes;
  if (details.empty()) details.push_back(clause);
  out.push_back({std::move(clause), std::move(details.front())});
  for (std::size_t i = 1; i < details.size(); ++i) out.push_back({"", std::move(details[i])});
}

issue failing_hook(const sync::sink_totals& sink) {
  issue made{"hook of ", "hook of sink "};
  const std::string waiting = workspaces(sink.hook_pending);
  made.clause.append(sink.name).append(" fails: ").append(waiting);
  made.detail.append(sink.name).append(": ").append(waiting).append(" not announced: ");
  made.detail += sink.hook_error.empty() ? "its last run failed" : without_stop(sink.hook_error);
  return made;
}

void add_sinks(const sync::fleet_status& fleet, issues& out) {
  for (const sync::sink_totals& sink : fleet.sinks) {
    if (sink.hook_failures != 0) out.push_back(failing_hook(sink));
    if (!sink.login_error || sink.login_error->empty()) continue;
    issue& refused = out.emplace_back(issue{std::string{sink.name} + ": login refused", "sink "});
    refused.detail.append(sink.name).append(": ").append(without_stop(*sink.login_error));
  }
}

std::string what_refused(metrics::refusal_reason why) {
  switch (why) {
    case metrics::refusal_reason::invalid:
      return "the next start fails";
    case metrics::refusal_reason::restart:
      return "only a restart can apply it";
    case metrics::refusal_reason::removal:
      return "the next start removes workspaces";
  }
  return "see the log";
}

void add_own(const side_trouble& trouble, issues& out) {
  if (trouble.state)
    out.push_back({"state cannot be written", "state: " + without_stop(*trouble.state)});
  if (trouble.audit)
    out.push_back({"audit log cannot be written", "the audit log cannot be written: see the log"});
  if (trouble.refused) {
    const bool is_invalid = trouble.refused->reason == metrics::refusal_reason::invalid;
    const std::string_view then =
        is_invalid ? ", and a start with the files as they were fails" : "";
    out.push_back({"configuration refused: " + what_refused(trouble.refused->reason),
                   "the last reload was refused" + std::string{then} + ": " +
                       without_stop(trouble.refused->why.sentence) +
                       (is_invalid ? "; once it is mended, run `tokensyncd reload`" : "")});
  }
}

/// Workspaces of which nothing new is known, each for a reason of its own.
void add_unchecked(const sync::fleet_status& fleet, issues& out) {
  const std::size_t all = size_of(fleet);
  const std::size_t stale = count_of(fleet, sync::workspace_state::stale);
  // While the API as a whole fails, each of them only says the same.
  if (stale != 0 && !fleet.api)
    out.push_back({with_commas(stale) + " of " + workspaces(all) + " not checked",
                   few_of(fleet, sync::workspace_state::stale) + " not checked" + cause_of(fleet)});
  if (const auto disputed = count_of(fleet, sync::workspace_state::disputed); disputed != 0)
    out.push_back({"API's answers disagree for " + workspaces(disputed),
                   workspaces(disputed) + ": the API's answers disagree, and the newest known "
                                          "token is kept"});
  std::string refused;
  std::string who;
  for (const auto state : {sync::workspace_state::gone, sync::workspace_state::denied}) {
    if (count_of(fleet, state) == 0) continue;
    refused.append(refused.empty() ? "" : ", ").append(with_commas(count_of(fleet, state)));
    refused.append(" ").append(to_string(state));
    who.append(who.empty() ? "" : ", ").append(few_of(fleet, state)).append(" ");
    who.append(to_string(state));
  }
  if (!refused.empty()) out.push_back({refused, "no token from the API: " + who});
}

void add_refused_tokens(const sync::fleet_status& fleet, issues& out) {
  if (fleet.refused_tokens == 0) return;
  const std::string tokens =
      with_commas(fleet.refused_tokens) + (fleet.refused_tokens == 1 ? " token" : " tokens");
  out.push_back({"Public API refuses " + tokens,
                 "the Public API refuses the newest " +
                     (fleet.refused_tokens == 1 ? "token of 1 workspace"
                                                : "tokens of " + workspaces(fleet.refused_tokens)) +
                     ": if `tokensyncd verify` repeats this, rotate them"});
}

/// While one is under way it is so for the moment of the call, too.
void add_unconfirmed(const sync::fleet_status& fleet, issues& out) {
  const std::size_t open = fleet.unconfirmed_rotations;
  if (open == 0) return;
  const std::string rotations = with_commas(open) + (open == 1 ? " rotation" : " rotations");
  out.push_back({rotations + " unconfirmed",
                 rotations + " asked for, and the API has not shown a new token yet: the old "
                             "one may be invalid"});
}

void add_policy(const sync::fleet_status& fleet, issues& out) {
  if (!fleet.policy || fleet.policy->stopped.empty()) return;
  out.push_back({"rotation policy stopped",
                 "the rotation policy has stopped: " + without_stop(fleet.policy->stopped) +
                     "; fix the cause, then run `tokensyncd reload`"});
}

void add_certificates(const std::vector<certificate>& all, wall_time now, issues& out) {
  for (const certificate& each : all) {
    if (!each.trouble.empty()) out.push_back({trouble_clause(each), trouble_sentence(each)});
    if (is_expiring(each, now))
      out.push_back({expiry_clause(each, now), expiry_sentence(each, now)});
  }
}

/// The clauses as one line: as many as fit, the first one in any case.
std::string joined(const std::vector<std::string>& clauses) {
  constexpr std::string_view more = "; 99 more troubles";
  std::string line;
  std::size_t shown = 0;
  for (; shown < clauses.size(); ++shown) {
    const std::size_t reserved = shown + 1 < clauses.size() ? more.size() : 0;
    const std::size_t needed = line.size() + 2 + clauses[shown].size() + reserved;
    if (shown != 0 && needed > longest_headline) break;
    line.append(shown == 0 ? "" : "; ").append(clauses[shown]);
  }
  if (shown != clauses.size() && line.size() + more.size() <= longest_headline)
    line += "; " + std::to_string(clauses.size() - shown) +
            (clauses.size() - shown == 1 ? " more trouble" : " more troubles");
  return printable(line, longest_headline - std::string_view{"…"}.size());
}

}  // namespace

summary summarize(const sync::fleet_status& fleet, const side_trouble& trouble) {
  issues all;
  add_api(fleet, all);
  add_refusal_of_all(fleet, all);
  add_undelivered(fleet, all);
  add_sinks(fleet, all);
  add_refused_tokens(fleet, all);
  add_own(trouble, all);
  const bool is_working = all.empty();
  add_unchecked(fleet, all);
  add_unconfirmed(fleet, all);
  add_policy(fleet, all);
  add_certificates(trouble.certificates, fleet.at, all);

  summary out;
  std::vector<std::string> clauses;
  if (is_working && size_of(fleet) == 0) {
    clauses.emplace_back("no workspace is configured");
  } else if (is_working) {
    clauses.push_back(workspaces(fleet.delivered) + " in sync");
  }
  for (issue& each : all) {
    if (!each.clause.empty()) clauses.push_back(std::move(each.clause));
    out.details.push_back(printable(each.detail, longest_detail));
  }
  out.headline = joined(clauses);
  return out;
}

}  // namespace tokensyncd::telemetry
