#include "daemon/sync/engine_impl.hpp"

#include <utility>

namespace tokensyncd::sync {

stages::stages(dependencies deps, sync::fleet& all, run_tasks& tasks,
               const fault_listener& report_fault, const engine_settings& setup, bool spread)
    : dispatcher(all.book, setup.rate_limit, setup.workers, deps.time.now()),
      cleanup(deps, all, sink_tasks),
      delivery(deps, all, sink_tasks, cleanup),
      intake(all.book, dispatcher, event_tracker),
      workers(deps, all, dispatcher, delivery, event_tracker, spread),
      drift(deps, all, dispatcher, workers, delivery),
      known_tokens(deps.prints, all),
      channels(deps, all, delivery, drift, known_tokens, hooks, sink_tasks, tasks, report_fault) {}

remembered::remembered(dependencies deps, sync::fleet& all, stages& those, const run_tasks& tasks,
                       bool is_whole)
    : owners(deps, all),
      removed(deps.time, deps.observer, all, those.event_tracker, owners, is_whole),
      writer(deps, all, tasks) {}

operations::operations(dependencies deps, sync::fleet& all, stages& those, run_tasks& tasks)
    : preflight(deps.time, all, those.delivery,
                [&those](sink_channel& l, handle who) { those.drift.found(l, who); }),
      calls(deps.time, those.dispatcher, those.workers),
      plan(deps.time, deps.prints, all, calls),
      verify(deps.time, deps.observer, deps.prints, all, those.dispatcher, those.workers, calls),
      rotate(deps.time, all, those.dispatcher, those.workers, preflight, tasks),
      policy(deps, all, those.dispatcher, those.workers, rotate) {}

engine::impl::impl(dependencies given, engine_settings setup, bool spreads)
    : state(given.state),
      deps{given.time, given.rng, state, given.observer, given.prints},
      report_fault([this](const failure& fault) { deps.observer.task_failed(fault); }),
      spread(spreads),
      stages(deps, fleet, tasks, report_fault, setup, spread),
      remembered(deps, fleet, stages, tasks, setup.whole),
      operations(deps, fleet, stages, tasks),
      status(deps.time, fleet, stages.dispatcher, stages.event_tracker, stages.delivery, tasks),
      when_settled(deps.time.make_sleeper()) {
  connect();
  fleet.profiles = std::make_shared<const std::vector<config::workspace_profile>>();
  reload(std::move(setup));
}

/// A stage calls others that it doesn't know through these.
void engine::impl::connect() {
  stages.known_tokens.of_who_left = [this](std::vector<fingerprint>& known) {
    remembered.removed.add_tokens(known);
  };
  stages.cleanup.look_again = [this] { stages.drift.look_now(); };
  stages.delivery.on_delivered = [this](handle who, std::shared_ptr<const pending_token> what) {
    if (operations.verify.is_after_deliveries() && tasks.may_start()) {
      tasks.endless->start(operations.verify.verify_delivered(who, std::move(what)));
    }
  };
  remembered.writer.keep_pending_rotation = [this](std::uint32_t slot) {
    stages.workers.keep_pending_rotation(slot);
  };
  remembered.writer.add_removed = [this](std::vector<change>& rows) {
    remembered.removed.add_rows(rows);
  };
  fleet.progress.one_in_sync = [this] { stages.workers.jobs().changed(); };
  fleet.progress.all_settled = [this] { when_settled->wake(); };
}

}  // namespace tokensyncd::sync
