#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sinks/vault/access.hpp"
#include "daemon/sinks/vault/kv.hpp"
#include "daemon/sinks/vault/metadata.hpp"

namespace tokensyncd::sinks::vault {

/// Signs secrets in their custom metadata after they were written, beside the deliveries, so that
/// no token waits for it. What isn't allowed or isn't possible is left: a signature is a help for
/// people and for a daemon that lost its state, nothing depends on it. For the loop's thread.
class signer {
 public:
  /// Refers to `out` and `time`.
  signer(access& out, clock& time, std::string partner);

  /// A secret of KV v2 was written by us, or (`seen`) is as we would write it, which somebody else
  /// may have signed.
  enum class reason : std::uint8_t { written, seen };
  void owe(const location& where, std::string workspace, std::uint32_t generation, reason why);

  /// Signs what is owed, again and again, until cancelled.
  task<> tend();

  /// Signs what is owed now, and returns.
  task<> settle();

  /// Whose a secret is; owner::unsaid also where it can't be asked.
  task<outcome<owner>> owner_of(const location& where, std::string_view workspace);

 private:
  struct debt {
    location where;
    std::string workspace;
    std::uint32_t generation = 0;
    reason why = reason::written;
  };

  task<> sign_one(const debt& what);
  [[nodiscard]] bool may_ask() const { return time_.now() >= forbidden_until_; }

  access& out_;
  clock& time_;
  std::string partner_;
  std::map<std::string, debt> owed_;  // by place: only the newest generation counts
  std::unique_ptr<sleeper> more_;
  steady_time forbidden_until_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
