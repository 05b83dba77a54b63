#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/ports/source.hpp"

namespace tokensyncd::support {

/// How calls for one workspace fail.
struct simulated_fault {
  failure_kind kind = failure_kind::server_error;
  std::optional<std::chrono::milliseconds> retry_after{};
  bool hangs = false;  ///< there is no answer before the time limit
};

/// The Partner API for simulations: each answer takes time by the clock, each workspace has a token
/// of its own, and may fail on its own. Every call is noted.
class simulated_api final : public sync::source {
 public:
  explicit simulated_api(clock& time) : time_(time) {}

  std::chrono::milliseconds latency{50};
  std::chrono::milliseconds time_limit{10'000};  ///< after which a call that hangs ends

  /// From now on calls for `workspace` fail; calls under way are not changed.
  void fail(const std::string& workspace, const simulated_fault& how) { faults_[workspace] = how; }
  void heal() { faults_.clear(); }

  /// Gives a workspace another token.
  void rotate_token(const std::string& workspace) { ++generations_[workspace]; }
  [[nodiscard]] std::string token_of(const std::string& workspace) const;

  struct call {
    std::string workspace;
    steady_time asked{};
    steady_time answered = steady_time::max();  ///< max(): not yet, or given up
    bool succeeded = false;
  };
  std::vector<call> log;

  task<sync::fetched> fetch(const sync::fetch_request& what) override;
  task<sync::rotation_answer> rotate(std::string_view workspace) override;

 private:
  clock& time_;
  body_hasher hasher_;
  std::map<std::string, simulated_fault> faults_;
  std::map<std::string, unsigned> generations_;
};

}  // namespace tokensyncd::support
