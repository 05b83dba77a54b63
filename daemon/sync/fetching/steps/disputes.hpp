#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// Answers that say otherwise than what is known. Each answer is a vote; a dispute counts those of
/// the last ten minutes until another token is believed, and says whether answers disagree with
/// each other. Pure: time is passed in.
class disputes {
 public:
  using seconds = std::chrono::seconds;

  /// What it takes to believe another token, counted from the first vote for it.
  struct patience {
    /// Where every answer has had it: more than `times`, over `long_enough`.
    seconds long_enough;
    unsigned times;
    /// Where other answers came in between: it is ahead of all the others together by `lead`, after
    /// `when_contradicted`.
    seconds when_contradicted;
    unsigned lead;
  };
  /// The old token may be a node's that lags behind for a while, so it waits longer. A node with
  /// three answers in ten gains a lead of 12 by chance once in 26,000 tries, and one of 6 once in
  /// 160.
  static constexpr patience for_old_token{seconds{60}, 1, seconds{120}, 12};
  static constexpr patience for_new_token{seconds{1}, 3, seconds{1}, 6};
  static constexpr patience for_swapped_token{seconds{10}, 4, seconds{10}, 6};
  static constexpr seconds remembered{600};
  static constexpr std::size_t most_votes = 64;
  static constexpr std::size_t most_suspects = 8;
  static constexpr unsigned first_votes = 24;  ///< see wants_more()

  /// An answer that isn't to be believed by itself. `settled`: what is known has been so for a
  /// minute, so this is more than a replica that lags behind. True: it is believed now.
  bool doubts(std::uint32_t slot, const fingerprint& token, patience how, bool settled,
              steady_time now);

  /// A token that is in doubt and was never seen before: it is, until another one is believed.
  void suspects(std::uint32_t slot, const fingerprint& token);
  [[nodiscard]] bool is_suspect(std::uint32_t slot, const fingerprint& token) const;

  /// Whether more answers are wanted soon, whatever the last one said: some have had such a token
  /// and some what is known, and they are too few to say.
  [[nodiscard]] bool wants_more(std::uint32_t slot) const;

  /// An answer that says what is known.
  void confirms(std::uint32_t slot, steady_time now);

  /// Something else is known from now on.
  void decided(std::uint32_t slot);

  void forget(std::uint32_t slot);

  /// When to ask again: after 250 ms, doubling to 32 s.
  [[nodiscard]] std::chrono::milliseconds pause(std::uint32_t slot) const;

  /// Whether the last answer isn't believed yet.
  [[nodiscard]] bool is_open(std::uint32_t slot) const;

  /// Whether answers have disagreed within the last ten minutes.
  [[nodiscard]] bool disagree(std::uint32_t slot, steady_time now);

 private:
  struct vote {
    fingerprint token{};  // of nobody in a vote for what is known
    steady_time when{};
  };
  struct dispute {
    std::vector<vote> votes{};  // the oldest first
    unsigned in_a_row = 0;      // for one other token; 0: the last one was for what is known
    steady_time last{};         // that was for another token
    std::vector<fingerprint> suspects{};  // tokens, the latest last
    unsigned counted = 0;                 // votes ever
    bool settled = false;
  };
  static void count(dispute& it, const fingerprint& token, steady_time now);

  std::unordered_map<std::uint32_t, dispute> all_;
};

}  // namespace tokensyncd::sync
