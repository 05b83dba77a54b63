#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "daemon/sync/sink.hpp"

namespace tokensyncd::sync {

/// What a sink has found out by itself.
enum class sink_news : std::uint8_t {
  try_again,  ///< what failed may succeed now: a login works again, a right came back
  look_again  ///< what is recorded may be gone: the server was replaced, restored or restarted
};

/// Who asks a sink to try anew. An operator may have put something right; a reload may have, too,
/// but it also comes of files that a program writes, however often.
enum class anew : std::uint8_t { reload, by_an_operator };

/// A sink of a server that refuses and recovers by itself: it tells the engine what it finds out in
/// tend(), and is told when waiting is no longer wanted. For the loop's thread.
class reporting_sink : public sink {
 public:
  /// What was refused before is asked about at once. What an operator alone should repeat, such as
  /// a login whose credentials were refused, is repeated for him alone.
  virtual void ask_anew(anew why) = 0;

  /// Who hears what tend() finds out; nobody by default.
  void report_to(std::function<void(sink_news what)> listener) { listener_ = std::move(listener); }

 protected:
  void report(sink_news what) const {
    if (listener_) listener_(what);
  }

 private:
  std::function<void(sink_news what)> listener_;
};

}  // namespace tokensyncd::sync
