#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/basic_waitable_timer.hpp>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

/// A timer on the loop.
using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;

/// No moment.
inline constexpr steady_time never = steady_time::max();

/// One timer for the deadlines of many connections. A deadline that moves back costs nothing: the
/// timer goes off at the earlier moment, finds nothing to do and is set anew. For the loop's
/// thread.
class deadline_timer {
 public:
  /// Ends what is overdue at `now` and returns the next deadline, `never` where there is none.
  using look = std::function<steady_time(steady_time now)>;

  deadline_timer(executor on, look act);
  ~deadline_timer();
  deadline_timer(const deadline_timer&) = delete;
  deadline_timer& operator=(const deadline_timer&) = delete;

  /// Looks at `when` or before.
  void no_later_than(steady_time when) {
    if (when < armed_) arm(when);
  }

  /// Looks at `when` and, so that nobody is woken for nothing, not before.
  void not_before(steady_time when) {
    if (when != armed_) arm(when);
  }

 private:
  void arm(steady_time when);

  timer timer_;
  look act_;
  steady_time armed_ = never;
  // A wait whose time has come can't be taken back: its handler asks this first.
  std::shared_ptr<deadline_timer*> self_;
};

}  // namespace tokensyncd::http
