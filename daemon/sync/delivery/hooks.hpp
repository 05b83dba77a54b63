#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/runtime/async/async.hpp"
#include "daemon/sync/engine.hpp"
#include "daemon/sync/fleet/fleet.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sync {

/// Runs the sinks' hooks until each has seen what its sink holds. A channel each, so a hook that
/// hangs delays neither deliveries nor another sink's hook. For the loop's thread.
class hooks {
 public:
  hooks(dependencies deps, fleet& all) : deps_(deps), fleet_(all) {}

  /// Serves one sink until it is retired or stop() was called, and its hook has ended.
  task<> serve(std::shared_ptr<sink_channel> l);

  /// Knows all tokens again, also those that come later. The list behind it is shared, and goes
  /// with the last who has it. Must not outlive this.
  [[nodiscard]] token_test tokens();

  /// Begins nothing new from now on; what runs has to be through at `last`.
  void stop(steady_time last);

  /// Adds the tokens of workspaces that are in the configuration no more: what was kept of theirs a
  /// program may still read.
  std::function<void(std::vector<fingerprint>& known)> of_who_left;

 private:
  task<> take_turns(std::shared_ptr<sink_channel> l);
  task<> run(std::shared_ptr<sink_channel> l);
  /// Every token that is known, sorted.
  struct token_list {
    std::vector<fingerprint> known;
    std::optional<std::uint64_t> as_of{};  ///< recent_tokens::changes() then; none: not made yet
  };

  task<result<void>> run_to_its_end(hook& program, std::span<hook_change> shown,
                                    const token_test& known);
  bool is_token(token_list& list, std::string_view text) const;
  /// What a run that begins now is to see, by workspace.
  [[nodiscard]] std::vector<hook_change> changes_of(const sink_channel& l) const;
  void mark_seen(sink_channel& l, std::span<const hook_change> shown, std::vector<change>& changes);
  [[nodiscard]] std::vector<fingerprint> known_tokens() const;

  dependencies deps_;
  fleet& fleet_;
  std::set<hook*> running_;
  std::weak_ptr<token_list> list_;
  bool stopping_ = false;
};

}  // namespace tokensyncd::sync
