#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sync {

struct fleet;

/// Recognizes the tokens of all workspaces in the output of programs, so that the log shows none of
/// them. Holds fingerprints, no tokens. Lives as long as the engine: reloads change what it knows.
/// For the loop's thread.
class known_tokens {
 public:
  known_tokens(const fingerprinter& prints, const fleet& all) : prints_(prints), fleet_(all) {}

  /// A test that knows all tokens of now, and those that come later. The tests in use share one
  /// list, which is freed with the last of them. Must not outlive this.
  [[nodiscard]] token_test test();

  /// Adds the tokens of workspaces that are no longer in the configuration, because a program may
  /// still read what was kept of theirs.
  std::function<void(std::vector<fingerprint>& known)> of_who_left;

 private:
  /// The tokens of one moment, sorted.
  struct token_list {
    std::vector<fingerprint> known;
    std::optional<std::uint64_t> as_of{};  ///< recent_tokens::changes() then; none: not made yet
  };

  [[nodiscard]] bool is_token(token_list& list, std::string_view text) const;
  [[nodiscard]] std::vector<fingerprint> all_of_now() const;

  const fingerprinter& prints_;
  const fleet& fleet_;
  std::weak_ptr<token_list> list_;
};

}  // namespace tokensyncd::sync
