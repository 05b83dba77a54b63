#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/simulated_api.hpp"
#include "tests/unit/sync/world/engine_world.hpp"

namespace tokensyncd::sync {

/// The real engine with 40 workspaces, one sink and a simulated API, on a clock that is moved by
/// hand: minutes of a fleet's life in milliseconds, the same in each run.
///
/// A run begins in one of three ways; then `bad` of the workspaces, the first ones by their ids,
/// fail in the same way for as long as it lasts.
class fleet_simulation : public engine_world_test {
 public:
  enum class beginning {
    fresh,     ///< the first start ever: no state, no files
    reboot,    ///< a start that finds everything in sync; all tokens were rotated just before it
    rotation,  ///< running for minutes; then all tokens are rotated at once, and events say so
  };
  static constexpr int size = 40;
  static constexpr std::chrono::seconds interval{60};

  explicit fleet_simulation(double calls_a_second);

  /// Brings the fleet to where `how` begins, and has the first `bad` fail with `fault` from then
  /// on.
  void begin(beginning how, int bad, const support::simulated_fault& fault);

  [[nodiscard]] static std::string id_of(int number);

  /// Of the workspaces from number `from` on: how long after begin() the last of them had its
  /// newest token in its file; hours where one never had.
  [[nodiscard]] std::chrono::milliseconds delivered_after(int from) const;

  /// The longest time between two answers for one of the workspaces from number `from` on, begin()
  /// and the end of the run included.
  [[nodiscard]] std::chrono::milliseconds longest_unanswered(int from) const;

  /// Calls for one of the workspaces since begin().
  [[nodiscard]] std::size_t calls_for(int number) const;

  /// All calls in [from, until).
  [[nodiscard]] std::size_t calls_between(steady_time from, steady_time until) const;

  std::shared_ptr<support::simulated_api> remote;
  steady_time began{};

 private:
  void rotate_all();
  void note_deliveries();

  std::map<std::string, steady_time> delivered_at_;  // of the newest token
};

/// A failure that tests are made of, one for each.
struct named_fault {
  std::string name;
  support::simulated_fault fault;
};

inline void PrintTo(const named_fault& what, std::ostream* out) {
  *out << what.name;
}

/// Calls `check` with each beginning and each rate (calls a second; 0: no limit).
template <class Check>
void from_everywhere(Check check) {
  using beginning = fleet_simulation::beginning;
  for (const beginning how : {beginning::fresh, beginning::reboot, beginning::rotation}) {
    for (const double rate : {20.0, 0.0, 2.0}) {
      SCOPED_TRACE(testing::Message()
                   << "beginning " << static_cast<int>(how) << ", " << rate << " calls a second");
      check(how, rate);
    }
  }
}

}  // namespace tokensyncd::sync
