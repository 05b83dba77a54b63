#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/workers.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// Notices what happened to places behind our back: one job a sink and interval compares what was
/// recorded with what is there, apart from the checks; only a difference makes a workspace due.
class drift {
 public:
  drift(dependencies deps, fleet& all, dispatcher& plan, workers& crew, delivery& out);

  /// Looks at everything that was ever delivered to a sink, at once and then again and again: as
  /// often as the sink says, or else at the shortest interval of the workspaces that use it, but no
  /// more often than once a second; where it can't look, earlier: after 30 s, doubling. Until
  /// cancelled or the sink is retired.
  task<> watch(std::shared_ptr<sink_channel> l);

  /// Has every sink looked at now, and not only when its time has come.
  void look_now();

  /// What is there of `who`, which was as recorded until now, isn't any more: it is asked for and
  /// written again.
  void found(sink_channel& l, handle who);

  /// Completes when the first look at each sink is over, or after 2 s: a place that hangs holds up
  /// its own sink alone. Nobody waits for a sink that says itself how often it is to be looked at.
  task<> first_looks();

 private:
  [[nodiscard]] std::chrono::milliseconds pause_of(const sink_channel& l) const;
  /// A place as it is recorded when a look at it begins.
  struct recorded_destination {
    std::string id;
    handle who;
    std::uint32_t profile = 0;
    etag tag{};
    std::uint32_t generation = 0;
  };
  /// Places that are looked at in one job, with what a reload meanwhile must not take away.
  struct batch {
    std::shared_ptr<const std::vector<config::workspace_profile>> profiles;
    std::shared_ptr<sink> writer;
    std::vector<recorded_destination> destinations{};
    std::string last_id{};  ///< of the last workspace that was considered
    bool is_last = false;   ///< no workspace follows
  };

  /// Whether every place could be looked at; where none of many can, the rest waits for next time.
  task<bool> look(std::shared_ptr<sink_channel> l);
  /// The places of workspaces behind `after`, in the order of ids.
  [[nodiscard]] batch next_batch(const sink_channel& l, std::string_view after) const;
  /// The questions to the sink. They refer to `about`, which must stay where it is.
  [[nodiscard]] static std::vector<inspection> questions_about(const batch& about);
  task<> inspect(const sink_channel& l, sink& writer, std::vector<inspection>& destinations);
  /// Applies what a look has shown. False where a place changed during the look.
  bool apply(sink_channel& l, const batch& about, const std::vector<inspection>& shown);

  dependencies deps_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  workers& workers_;
  delivery& delivery_;
  std::size_t first_looks_ = 0;  ///< that are over, of those waited for
  std::unique_ptr<sleeper> first_look_over_;
};

}  // namespace tokensyncd::sync
