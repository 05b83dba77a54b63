#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/random.hpp"
#include "daemon/sinks/vault/access.hpp"
#include "daemon/sinks/vault/secret/kv.hpp"
#include "daemon/sinks/vault/secret/metadata.hpp"

namespace tokensyncd::sinks::vault {

/// Signs secrets in their custom metadata after they were written, beside the deliveries, so that
/// no token waits for it; and reads whose a secret is. A signature is a help for people and for a
/// daemon that lost its state: a place whose policy doesn't allow it (403), or which can't have it,
/// is left; after three places in a row that are forbidden all are left for an hour. What fails
/// otherwise is tried again. For the loop's thread.
class signer {
 public:
  /// Refers to `out`, `time` and `rng`.
  signer(access& out, clock& time, random_source& rng, std::string partner);

  /// A secret of KV v2 was written by us, or (`seen`) is as we would write it, which somebody else
  /// may have signed.
  enum class reason : std::uint8_t { written, seen };
  void owe(const location& where, std::string_view workspace, std::uint32_t generation, reason why);

  /// A secret was read, and is as we wrote it: where the answer shows that it isn't signed, that is
  /// owed.
  void owe_if_unsigned(const location& where, const found_secret& found, std::string_view workspace,
                       std::uint32_t generation);

  /// An operator asks: metadata may be allowed by now.
  void ask_anew() noexcept { forbidden_until_ = steady_time::min(); }

  /// Signs what is owed, again and again, until cancelled.
  task<> tend();

  /// Tries to sign what is owed now, and returns.
  task<> settle();

  /// Whose a secret is: as the answer to its read tells, or else as its metadata is asked, in which
  /// case it is owner::unsaid too where policy doesn't let us see it.
  task<outcome<owner>> owner_of(const location& where, const found_secret& found,
                                std::string_view workspace);

 private:
  struct debt {
    location where;
    std::string workspace;
    std::uint32_t generation = 0;
    reason why = reason::written;
  };

  task<std::optional<cause>> sign_one(const debt& what);
  void paid(const debt& what);
  [[nodiscard]] bool may_sign() const { return time_.now() >= forbidden_until_; }

  access& out_;
  clock& time_;
  random_source& rng_;
  std::string partner_;
  std::map<std::string, debt> owed_;  // by place: only the newest generation counts
  std::unique_ptr<sleeper> more_;
  unsigned failures_ = 0;  ///< in a row
  steady_time next_try_ = steady_time::min();
  steady_time forbidden_until_ = steady_time::min();
};

}  // namespace tokensyncd::sinks::vault
