#include "daemon/telemetry/scrape.hpp"

#include <array>
#include <chrono>
#include <optional>

#include "metrics/process.hpp"

namespace tokensyncd::telemetry {
namespace {

using metrics::description;
using metrics::exposition;
using metrics::label;
using sync::sink_status;
using sync::workspace_status;

static_assert(metrics::workspace_state_names.size() == sync::workspace_state_count);
static_assert(metrics::workspace_state_names[0] == to_string(sync::workspace_state{0}) &&
              metrics::workspace_state_names[1] == to_string(sync::workspace_state{1}) &&
              metrics::workspace_state_names[2] == to_string(sync::workspace_state{2}) &&
              metrics::workspace_state_names[3] == to_string(sync::workspace_state{3}) &&
              metrics::workspace_state_names[4] == to_string(sync::workspace_state{4}) &&
              metrics::workspace_state_names[5] == to_string(sync::workspace_state{5}));

double seconds(std::optional<wall_time> when) {
  if (!when) return 0;
  return std::chrono::duration<double>(when->time_since_epoch()).count();
}

void one(exposition& out, const description& what, const workspace_status& of, double value) {
  const label labels[] = {{"workspace", of.id}};
  out.sample(what, labels, value);
}

template <class Value>
void each_sink(exposition& out, const description& what, const workspace_status& of, Value value) {
  for (const sink_status& sink : of.sinks) {
    const label labels[] = {{"workspace", of.id}, {"sink", sink.name}};
    out.sample(what, labels, value(sink));
  }
}

void rotations(exposition& out, const description& what, const workspace_status& of) {
  for (int i = 0; i < trigger_count; ++i) {
    const label labels[] = {{"workspace", of.id}, {"trigger", to_string(static_cast<trigger>(i))}};
    out.sample(what, labels, of.rotations[static_cast<std::size_t>(i)]);
  }
}

void generation(exposition& out, const description& what, const workspace_status& of) {
  if (of.wanted.generation != 0) one(out, what, of, of.wanted.generation);
}
void rotated(exposition& out, const description& what, const workspace_status& of) {
  if (of.wanted.rotated_at) one(out, what, of, seconds(of.wanted.rotated_at));
}
void last_attempt(exposition& out, const description& what, const workspace_status& of) {
  one(out, what, of, seconds(of.last_attempt));
}
void last_success(exposition& out, const description& what, const workspace_status& of) {
  one(out, what, of, seconds(of.last_success));
}
void interval(exposition& out, const description& what, const workspace_status& of) {
  one(out, what, of, std::chrono::duration<double>(of.interval).count());
}
void sink_generation(exposition& out, const description& what, const workspace_status& of) {
  each_sink(out, what, of, [](const sink_status& sink) { return sink.generation; });
}
void sink_in_sync(exposition& out, const description& what, const workspace_status& of) {
  each_sink(out, what, of, [](const sink_status& sink) { return sink.in_sync ? 1 : 0; });
}
void sink_last_success(exposition& out, const description& what, const workspace_status& of) {
  each_sink(out, what, of, [](const sink_status& sink) { return seconds(sink.last_success); });
}
void sink_failures(exposition& out, const description& what, const workspace_status& of) {
  each_sink(out, what, of, [](const sink_status& sink) { return sink.consecutive_failures; });
}

struct family {
  const description* what;
  void (*write)(exposition&, const description&, const workspace_status&);
};

namespace catalog = metrics::catalog;

constexpr std::array families{
    family{&catalog::token_rotations, rotations},
    family{&catalog::token_generation, generation},
    family{&catalog::token_rotated, rotated},
    family{&catalog::last_attempt, last_attempt},
    family{&catalog::last_success, last_success},
    family{&catalog::poll_interval, interval},
    family{&catalog::sink_generation, sink_generation},
    family{&catalog::sink_in_sync, sink_in_sync},
    family{&catalog::sink_last_success, sink_last_success},
    family{&catalog::sink_failures, sink_failures},
};
static_assert(families.size() == catalog::per_workspace.size());

}  // namespace

scrape::scrape(const sync::status_view& view, metrics::daemon_metrics& metrics,
               metrics::exposition_format format, std::size_t most_workspaces)
    : view_(view),
      metrics_(metrics),
      format_(format),
      by_workspace_(most_workspaces > 0 && view.size() <= most_workspaces) {}

void scrape::append_fixed(exposition& out) {
  const sync::fleet_status fleet = view_.fleet();
  metrics::fleet_numbers now;
  now.workspaces = fleet.workspaces;
  for (const sync::sink_totals& sink : fleet.sinks) {
    now.sinks.push_back({sink.name, sink.out_of_sync, sink.hook_pending, sink.hook_failures,
                         seconds(sink.failing_since), seconds(sink.hook_failing_since)});
    if (sink.login_expires) now.login_expires.emplace_back(sink.name, seconds(sink.login_expires));
    if (sink.login_error) now.login_refused.emplace_back(sink.name, !sink.login_error->empty());
  }
  now.oldest_success_age_intervals = fleet.oldest_success_age_intervals;
  if (fleet.api) now.failing_since = seconds(fleet.api->since);
  now.throttled_until = seconds(fleet.throttled_until);
  now.rate_limit_per_second = fleet.rate_limit_per_second;
  now.missed_events = fleet.missed_events;
  now.last_rotation = seconds(fleet.last_rotation);
  now.refused_tokens = fleet.refused_tokens;
  if (fleet.policy) {
    now.policy_next = fleet.policy->workspace.empty() ? 0 : seconds(fleet.policy->at);
    now.policy_stopped = !fleet.policy->stopped.empty();
  }
  metrics_.fleet(now);
  metrics_.append(out);
  if (const auto process = metrics::read_process()) metrics::append_process(out, *process);
}

bool scrape::next(std::string& piece) {
  piece.clear();
  exposition out(format_, piece);
  if (!fixed_done_) {
    fixed_done_ = true;
    append_fixed(out);
    if (by_workspace_) return true;
  }
  if (by_workspace_ && family_ < families.size()) {
    const auto& [what, write] = families[family_];
    if (!family_begun_) out.begin(*what);
    family_begun_ = true;
    for (std::size_t count = 0; count < workspaces_a_piece; ++count) {
      if (!view_.next(after_, status_)) {
        ++family_;
        family_begun_ = false;
        after_.clear();
        break;
      }
      write(out, *what, status_);
      after_ = status_.id;
    }
    if (family_ < families.size()) return true;
  }
  out.end();
  return false;
}

}  // namespace tokensyncd::telemetry
