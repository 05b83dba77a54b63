#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/runtime/clock.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sync {

/// A hook that ends as it is told, at once or when it is let go.
class fake_hook final : public hook {
 public:
  explicit fake_hook(clock& time) : turn_(time.make_sleeper()), time_(time) {}

  std::vector<steady_time> starts;
  std::vector<std::string> shown;  ///< by the latest run: `WORKSPACE GENERATION`
  std::optional<failure> trouble;  ///< every run fails with it
  std::optional<failure> missing;  ///< what check() finds
  std::string succeeds_for;        ///< a workspace that sees its content even so
  std::optional<steady_time> asked_to_end_by;
  std::string asks_about;  ///< a word that it prints
  bool printed_a_token = false;
  bool throws = false;
  /// Holds runs back until release().
  void hold() { held_ = true; }
  void release();

  task<result<void>> run(std::span<hook_change> changes, const token_test& known) override;
  task<result<void>> check() override {
    if (missing) co_return *missing;
    co_return result<void>{};
  }
  void end_by(steady_time when) override { asked_to_end_by = when; }

 private:
  std::unique_ptr<sleeper> turn_;
  clock& time_;
  bool held_ = false;
};

inline void fake_hook::release() {
  held_ = false;
  turn_->wake();
}

inline task<result<void>> fake_hook::run(std::span<hook_change> changes, const token_test& known) {
  starts.push_back(time_.now());
  shown.clear();
  for (const hook_change& each : changes)
    shown.push_back(each.workspace + " " + std::to_string(each.generation));
  if (!asks_about.empty()) printed_a_token = known.is_token(asks_about);
  while (held_) co_await turn_->sleep_until(steady_time::max());
  if (throws) throw std::logic_error("token a2");
  for (hook_change& each : changes) each.seen = !trouble || each.workspace == succeeds_for;
  if (trouble) co_return *trouble;
  co_return result<void>{};
}

}  // namespace tokensyncd::sync
