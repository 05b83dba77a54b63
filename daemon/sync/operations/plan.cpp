#include "daemon/sync/operations/plan.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace tokensyncd::sync {
namespace {

/// As far as it is recorded.
std::optional<fingerprint> there_in(const record& r, const presence& p) {
  if (p.generation != 0 && p.holds_token) return r.wanted.token;
  const bool is_previous = p.generation != 0 && p.generation + 1 == r.wanted.generation;
  return is_previous && r.token.has_previous ? std::optional(r.token.previous) : std::nullopt;
}

}  // namespace

planner::planner(clock& time, const fingerprinter& prints, fleet& all, command_calls& calls)
    : time_(time), prints_(prints), fleet_(all), calls_(calls) {}

task<std::vector<planned>> planner::plan(std::vector<std::string> only) {
  const std::vector<handle> who = handles_of(fleet_.book, only);
  std::vector<planned> lines;
  const auto turn = time_.make_sleeper();
  for (const handle each : who) co_await plan_one(each, *turn, lines);
  co_return lines;
}

task<> planner::plan_one(handle who, sleeper& turn, std::vector<planned>& out) {
  const record* r = fleet_.book.get(who);
  if (r == nullptr) co_return;
  const std::string id = r->id;
  const bool known = r->wanted.generation != 0;
  fetched got{failure{failure_kind::cancelled, {}}};
  if (known) got = co_await calls_.fetch(who, id, turn);

  // A reload may take the workspace, or one of its sinks, away at each wait.
  for (std::size_t k = 0; (r = fleet_.book.get(who)) != nullptr && k < fleet_.sinks_of(*r); ++k) {
    planned line;
    line.workspace = id;
    line.sink = fleet_.channel_of(*r, k).what.name;
    const presence& p = fleet_.presence_of(*r, k);
    line.there = there_in(*r, p);
    if (!known) {
      line.what = planned::action::not_seen_yet;
    } else if (!got.what) {
      line.what = planned::action::unknown;
      line.why = got.what.error().sentence;
    } else {
      line.wanted = prints_.of(got.what->token.reveal());
      const destination_state seen = co_await look_at(who, k);
      if (line.there != line.wanted) {
        line.what = planned::action::write;
      } else if (seen == destination_state::drifted) {
        line.what = planned::action::repair;
      } else if (seen == destination_state::unknown) {
        line.what = planned::action::unknown;
        line.why = "the sink cannot be inspected now: see status and the log";
      }
      const bool is_to_be_written =
          line.what == planned::action::write || line.what == planned::action::repair;
      if (is_to_be_written) line.why = co_await obstacle_of(who, k);
    }
    out.push_back(std::move(line));
  }
}

/// What would keep the sink from writing, or nothing.
task<std::string> planner::obstacle_of(handle who, std::size_t k) {
  const record* const r = fleet_.book.get(who);
  if (r == nullptr || k >= fleet_.sinks_of(*r)) co_return std::string{};
  const auto profiles = fleet_.profiles;  // whose labels the target refers to
  const std::string id = r->id;
  const std::shared_ptr<sync::sink> writer = fleet_.channel_of(*r, k).what.writer;
  const std::vector<target> whom(1, target{id, (*profiles)[r->entry.profile].workspace_labels});
  const auto problems = co_await writer->check(whom, thoroughness::look);
  co_return problems.empty() ? std::string{} : problems.front().what.sentence;
}

task<destination_state> planner::look_at(handle who, std::size_t k) {
  const record& r = fleet_.book.at(who.slot);
  const presence& p = fleet_.presence_of(r, k);
  if (p.drifted) co_return destination_state::drifted;
  if (p.generation == 0) co_return destination_state::as_recorded;
  // A reload may replace all of these while the sink is looking.
  const auto profiles = fleet_.profiles;  // whose labels the target refers to
  const std::string id = r.id;
  const std::shared_ptr<sync::sink> writer = fleet_.channel_of(r, k).what.writer;
  const target whom{id, (*profiles)[r.entry.profile].workspace_labels};
  std::vector<inspection> destination;
  destination.push_back(inspection{whom, p.tag});
  co_await writer->inspect(destination);
  co_return destination.front().seen;
}

}  // namespace tokensyncd::sync
