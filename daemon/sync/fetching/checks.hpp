#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/dispatch/event_tracker.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fetching/change.hpp"
#include "daemon/sync/fetching/disputes.hpp"
#include "daemon/sync/fetching/rotations.hpp"
#include "daemon/sync/fleet/fleet.hpp"

namespace tokensyncd::sync {

/// The loop: workers that wait for the next due workspace, ask about it, detect a change, store it,
/// and hand the token to delivery. For the loop's thread.
class checks {
 public:
  /// `patient`: a failing workspace waits for its interval (a daemon); else it is tried again soon
  /// (`once`).
  checks(dependencies deps, fleet& all, dispatcher& plan, delivery& out, event_tracker& events,
         bool patient);

  /// What is asked, and how; in force from the next question on.
  void configure(std::shared_ptr<source> from, unsigned workers, double jitter);

  /// Makes a coroutine of `work` that begins it anew where it throws.
  using supervisor = std::function<task<>(std::function<task<>()> work)>;

  /// Starts the workers that are missing as children of `crew`, which must outlive them. They run
  /// until cancelled, or until there are more than configured.
  void staff(task_group& crew, const supervisor& watched);

  /// Something may have become due earlier than whoever waits knows.
  void wake();

  /// When a workspace whose last check ended `now` is to be checked next.
  [[nodiscard]] steady_time next_check_of(const record& r, steady_time now);

  /// Forgets what it knows of a workspace beside its record.
  void forget(std::uint32_t slot);

  /// What is announced and wasn't seen goes with the workspace's record.
  void remember_doubt(std::uint32_t slot);

  /// Whether a workspace is asked about again and again, as something new is to come.
  [[nodiscard]] bool expects_news(std::uint32_t slot) const {
    return disputes_.is_open(slot) || event_tracker_.is_open(slot);
  }

  /// Asks for somebody who only looks and has waited for the budget's turn: neither schedule nor
  /// ledger hear of it, but the answer's bearing on the API as a whole counts.
  task<fetched> ask_aside(handle who, std::string id);

  /// The commands to rotate: who has one is asked for a new token instead of the current one.
  [[nodiscard]] rotations& orders() noexcept { return orders_; }

  /// Whether a check must be answered before a new token is asked for.
  [[nodiscard]] bool looks_first(const rotation_order& order) const;

  /// No rotation is begun from now on, and no worker takes another workspace.
  void stop();

  /// Whether a rotation is under way: it isn't cancelled, as its answer must not be lost.
  [[nodiscard]] bool is_rotating() const noexcept { return rotating_ != 0; }

  /// Server's clock minus ours, as last corrected.
  [[nodiscard]] std::chrono::seconds clock_skew() const noexcept { return clock_skew_; }

 private:
  /// Who makes calls; its number is known once it has begun.
  struct worker {
    task_group::child_id id = 0;
  };
  /// A question as it was put.
  struct call {
    handle who;
    std::string id;
    trigger why = trigger::poll;
    steady_time due{};
    steady_time asked{};
    bool was_slow = false;
    std::optional<failure> error{};  ///< once answered: why there is no observation
    bool is_order = false;           ///< to rotate
    const worker* by = nullptr;      ///< who made it
    bool is_from_outage = false;     ///< of an outage that has ended
    bool given_up = false;           ///< by us: it took long, and others waited
  };

  task<> work(std::shared_ptr<const worker> me);
  task<> watch_calls();
  [[nodiscard]] fetched not_waited_for(const call& what) const;
  [[nodiscard]] call* longest_call() const;
  [[nodiscard]] bool all_are_busy() const { return calls_.size() + rotating_ >= workers_; }
  void look_at_calls_if_busy();

  task<> wait_for_work(sleeper& me);
  task<> attend(handle who, const worker& me, steady_time now);
  void broke_off(handle who, const failure& fault);
  task<> check(handle who, const worker& me, steady_time now);
  [[nodiscard]] std::shared_ptr<rotation_order> order_for(handle who);
  /// How many workers may ask for new tokens at once. Such a call is waited for as long as it
  /// takes, and must leave most workers to the checks.
  [[nodiscard]] unsigned most_rotations() const { return std::max(1U, workers_ / 4); }
  void hold_back(handle who);
  [[nodiscard]] bool is_held_back(handle who) const;
  void let_next_rotate();
  task<> rotate(std::shared_ptr<rotation_order> order);
  task<> order_new_token(call& what, rotation_order& order);
  task<> rotated(const call& what, fetched& got, rotation_order& order);
  task<> not_rotated(const call& what, const rotation_answer& got, rotation_order& order);
  task<> note_unsure(handle who, doubt unsure);
  void look_at_who_came_back(const std::string& id);
  void after_check(const call& what, bool answered, blame whose);
  [[nodiscard]] bool is_unsure_no_more(handle who) const;
  void found_the_same(const call& what, const fetched& got);
  task<> apply_response(const call& what, fetched& got);
  task<> record_revision(const call& what, fetched& got, const observed_token& seen,
                         change_kind how, bool length_is_new);
  task<> remember_length(std::uint16_t bytes);
  [[nodiscard]] change_kind compare_with_known(const record& r, const call& what,
                                               const observed_token& seen);
  void answered(record& r, std::uint32_t slot, steady_time now);
  void repeat_stale(record& r, const call& what);
  void deliver(record& r, const call& what, secret token, bool rotation);
  void fail(const call& what, const fetched& got);
  void note_denied();
  void retry(record& r, std::uint32_t slot, std::uint32_t failures, steady_time now);
  void tell(const call& what, const fetched& got, poll_result how, bool error_is_new = false);
  bool note_unreadable(std::uint32_t slot, const observation& answer);
  [[nodiscard]] step_times times_of(const call& what, const fetched& got, wall_time stored) const;
  blame tell_upstream(const call& what, const fetched& got);
  [[nodiscard]] static std::chrono::milliseconds in_vain(const fetched& got);
  void release();
  void ask_again(std::uint32_t slot);
  void give_up(call& what);
  void leave_alone(const call& what);
  void reschedule(std::uint32_t slot, bool news, steady_time now);

  dependencies deps_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  delivery& delivery_;
  event_tracker& event_tracker_;
  bool patient_;
  std::shared_ptr<source> source_;
  unsigned workers_ = 0;
  unsigned running_ = 0;
  double jitter_ = 0;
  std::vector<sleeper*> idle_;
  std::vector<call*> calls_;                     // under way, made by check()
  std::unique_ptr<sleeper> call_watch_;          // of watch_calls()
  steady_time overdue_at_ = steady_time::max();  // the longest of them
  steady_time calls_watched_until_ = steady_time::max();
  bool watches_calls_ = false;
  task_group* crew_ = nullptr;  // of the workers, while they run
  sleeper* watcher_ = nullptr;  // the one of the idle that has the timer
  steady_time watched_until_{};
  disputes disputes_;
  std::size_t not_denied_ = 0;  // place by id of a workspace that wasn't denied when it was looked
  bool denied_all_ = false;
  std::unordered_set<std::uint32_t> unreadable_;  // whose last rotated_at was no time
  rotations orders_;
  unsigned rotating_ = 0;
  std::deque<handle> held_back_;  // whose turn to rotate comes when another rotation has ended
  bool was_answered_ = false;     // by the API, since start
  bool stopping_ = false;
  std::chrono::seconds clock_skew_{0};
};

}  // namespace tokensyncd::sync
