#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/delivery/delivery.hpp"
#include "daemon/sync/dispatch/dispatcher.hpp"
#include "daemon/sync/fetching/workers.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/operations/command_calls.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/sync/ports/verification.hpp"
#include "daemon/sync/ports/verifier.hpp"

namespace tokensyncd::sync {

/// Asks the Public API whether delivered tokens work: for the command `verify`, and after each
/// delivered rotation where that is configured. Stores and delivers nothing; a workspace whose
/// token is refused becomes due. For the loop's thread.
class verification_runner {
 public:
  /// All of these must outlive this.
  verification_runner(clock& time, events& observer, const fingerprinter& prints, fleet& all,
                      dispatcher& plan, workers& crew, command_calls& calls);

  /// Whom to ask from now on (null: nobody), and whether to ask after each delivered rotation.
  void configure(std::shared_ptr<verifier> asked, bool after_deliveries);

  /// Whether verify_delivered() is to be called after a delivered rotation.
  [[nodiscard]] bool is_after_deliveries() const noexcept {
    return after_deliveries_ && verifier_ != nullptr;
  }

  /// One line a workspace: of `only` in their order, or of all, sorted, where that is empty. An id
  /// that isn't configured has no line. Errors are lines with a sentence. Makes a workspace due
  /// whose delivered token isn't the API's, or is refused. Throws only
  /// system_error(operation_aborted), when cancelled.
  task<std::vector<verified_token>> verify(std::vector<std::string> only);

  /// Asks about a token that all sinks of `who` have. The observer hears the result, and errors.
  /// Throws as verify().
  task<> verify_delivered(handle who, std::shared_ptr<const pending_token> what);

 private:
  task<verified_token> verify_one(handle who, sleeper& turn);
  task<verification> ask(const std::string& id, const secret& token, sleeper& turn);
  void apply(handle who, const revision& what, const verification& outcome);
  void ask_again_later(handle who, const record& r, std::uint32_t refusals);

  clock& time_;
  events& observer_;
  const fingerprinter& prints_;
  fleet& fleet_;
  dispatcher& dispatcher_;
  workers& workers_;
  command_calls& calls_;
  std::shared_ptr<verifier> verifier_;
  bool after_deliveries_ = false;
};

}  // namespace tokensyncd::sync
