#pragma once

#include <utility>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/process/on_exit.hpp"

namespace tokensyncd::sync {

/// For fakes whose answers a test holds: waits until release_all().
inline task<> wait_for_release(clock& time, std::vector<sleeper*>& waiting) {
  const auto me = time.make_sleeper();
  waiting.push_back(me.get());
  auto leave = [&waiting, &me] { std::erase(waiting, me.get()); };
  const on_exit left{leave};  // also when the call is given up
  co_await me->sleep_until(steady_time::max());
}

inline void release_all(bool& held, std::vector<sleeper*>& waiting) {
  held = false;
  for (sleeper* each : std::exchange(waiting, {})) each->wake();
}

}  // namespace tokensyncd::sync
