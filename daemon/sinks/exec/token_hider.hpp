#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/secret.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sinks {

/// The secrets that the daemon itself works with, as they are at that moment.
using held_secrets = std::function<std::vector<const secret*>()>;

/// Knows what `known` does, and the secrets of `held` (which may be empty) as if they were tokens.
/// Not those under six bytes: they would be found in every other word.
[[nodiscard]] sync::token_test with_secrets(sync::token_test known, held_secrets held);

/// Takes known tokens out of what one run of a program writes, wherever in a line they stand: only
/// their fingerprints are known, so each piece of a line is tried that is as long as tokens are.
/// For the loop's thread.
class token_hider {
 public:
  /// Pieces that are tried in a run: all of 16 KiB for eight lengths of tokens, which takes some
  /// 0.1 s. What comes after them isn't shown.
  static constexpr std::size_t most_tries = std::size_t{8} * 16 * 1024;

  /// `known` must outlive it.
  explicit token_hider(const sync::token_test& known) : known_(known) {}

  /// The first `shown` bytes of `line` with `…` for each stretch that belongs to a token, also to
  /// one that goes on behind them; and for each word that is one, see without_tokens().
  [[nodiscard]] std::string hide(std::string_view line, std::size_t shown);

 private:
  const sync::token_test& known_;
  std::size_t tries_ = most_tries;
};

/// `line` with `…` for each word in it that is a token (words end at white space, quotes, commas,
/// brackets and a terminal's escape sequences), each value of NAME=value, and within a word each
/// stretch of at least eight letters, digits, `_` and `-`. It needs no length of a token: after an
/// upgrade none is known before the first answer of the API.
[[nodiscard]] std::string without_tokens(std::string_view line, const sync::token_test& known);

}  // namespace tokensyncd::sinks
