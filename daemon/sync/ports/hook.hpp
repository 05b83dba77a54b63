#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::sync {

/// Tells the tokens that the process knows from other texts, by their fingerprints: of all
/// workspaces, those before included as far as they are remembered. For the loop's thread.
struct token_test {
  std::function<bool(std::string_view text)> is_token = [](std::string_view) { return false; };
  /// How long tokens are, in bytes, ascending: each length that an answer of the API ever had.
  std::function<std::vector<std::uint16_t>()> lengths = [] { return std::vector<std::uint16_t>{}; };
};

/// A workspace whose content in the sink is one that the hook hasn't seen.
struct hook_change {
  std::string workspace;
  const config::labels* labels = nullptr;  ///< must outlive the run
  std::uint32_t generation = 0;            ///< of what is there
  bool seen = false;                       ///< out: the hook has succeeded for it
};

/// What is run after a sink's content has changed. When, and again after a failure, is the engine's
/// business. For the loop's thread.
class hook {
 public:
  virtual ~hook() = default;

  /// Runs it to its end for `changes`, sorted by workspace; never twice at once. What it writes is
  /// logged without the tokens of `known`. Failures: timed_out, cancelled (as end_by() asked), and
  /// what kept it from succeeding; the sentence names the program. Where it fails some changes may
  /// be `seen` all the same.
  virtual task<result<void>> run(std::span<hook_change> changes, const token_test& known) = 0;

  /// What keeps it from being run; writes nothing.
  virtual task<result<void>> check() { co_return result<void>{}; }

  /// A run under way has to be through at `when`.
  virtual void end_by(steady_time when) = 0;
};

}  // namespace tokensyncd::sync
