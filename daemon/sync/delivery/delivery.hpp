#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "daemon/model/revision.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/reload/cleanup.hpp"
#include "daemon/sync/reload/sink_tasks.hpp"

namespace tokensyncd::sync {

/// A token on its way to the sinks of its workspace: the only place where one is kept. Wiped when
/// the last sink has it or a newer one takes its place.
struct pending_token {
  std::string workspace;
  revision what;
  secret token;
  std::optional<fingerprint> previous{};
  /// Where propagation is counted from; none where this isn't a rotation seen while running.
  std::optional<wall_time> rotated{};
  trigger why = trigger::poll;  ///< of the check that found it
  bool is_rotation = false;
};

/// Brings what is wanted to where it isn't, one channel a sink, so that one sink's trouble stays
/// its own. For the loop's thread.
class delivery {
 public:
  delivery(dependencies deps, fleet& all, sink_tasks& tasks, cleanup& leaving);

  /// Takes a token over for all sinks of `slot` that lack it; takes the place of an older one.
  void submit(std::uint32_t slot, pending_token what);

  /// Whether a token is on its way for `slot`.
  [[nodiscard]] bool holds(std::uint32_t slot) const { return pending_tokens_.contains(slot); }

  /// Has the token that is on its way for `slot` brought to each sink that lacks it and isn't being
  /// served; one that waits to be tried again keeps its time. False where no token is on its way.
  bool resume(std::uint32_t slot);

  /// Whether something is done about a pair that is out of sync although a token is on its way:
  /// it is queued, waits to be tried again, or is in flight.
  [[nodiscard]] bool attends_to(const record& r, const sink_channel& l) const;

  /// Tries now, without waiting for its turn after failures, what `slot` or everybody is owed.
  void retry_now(std::uint32_t slot);
  void retry_all_now();

  /// Serves one sink until it is retired or stop() was called, and everything in flight is
  /// recorded.
  task<> serve(std::shared_ptr<sink_channel> l);

  /// Begins nothing new from now on.
  void stop();

  /// Called when all sinks have the token of a rotation, before that is wiped.
  std::function<void(handle who, std::shared_ptr<const pending_token> what)> on_delivered;

  /// The workspace left, or its settings changed: its token is wiped.
  void forget(std::uint32_t slot);

 private:
  task<> begin_deliveries(std::shared_ptr<sink_channel> l, task_group& attempts);
  task<> attempt(std::shared_ptr<sink_channel> l, std::uint32_t slot);
  task<> deliver_one(sink_channel& l, std::uint32_t slot, const pending_token& held,
                     const std::shared_ptr<sink>& writer, bool& channel_knows);
  /// A delivery that succeeded.
  struct arrival {
    std::string destination;
    std::shared_ptr<sink> writer;
    sync::delivered how;
    etag uncertain;  ///< see delivery_request::uncertain
    steady_time began;
    steady_time ended;
    wall_time ended_at;
  };
  task<> arrived(sink_channel& l, handle who, const pending_token& what, const arrival& came);
  /// Has the ledger know it, if the workspace still belongs there. The generation that the sink's
  /// hook has seen of what is there now; 0: none.
  std::uint32_t record_arrival(sink_channel& l, handle who, const pending_token& what,
                               const arrival& came);
  /// A delivery has ended, however it did: lets those go that waited for its end.
  void end_delivery(sink_channel& l, const std::pair<const sink*, std::string>& key);
  /// What a delivery that failed may have left at `destination` is kept in mind, so that it doesn't
  /// stay when its workspace leaves.
  task<> remember_uncertain(sink_channel& l, handle who, const pending_token& what,
                            const std::string& destination, etag tag);
  void release(handle who);
  void did_not_arrive(sink_channel& l, handle who, const pending_token& what, const failure& why);

  dependencies deps_;
  fleet& fleet_;
  sink_tasks& sink_tasks_;
  cleanup& cleanup_;
  std::unordered_map<std::uint32_t, std::shared_ptr<const pending_token>> pending_tokens_;
  bool stopping_ = false;
};

}  // namespace tokensyncd::sync
