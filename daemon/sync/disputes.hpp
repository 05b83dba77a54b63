#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "daemon/model/revision.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::sync {

/// Answers that say otherwise than what is known: for how long, without a word for what is known, a
/// workspace's answers must say so until they are believed, and whether they disagree with each
/// other. Pure: time is passed in.
class disputes {
 public:
  using seconds = std::chrono::seconds;

  /// How long the same answer must come, and how often, until it is believed.
  struct patience {
    seconds long_enough{60};
    unsigned times = 1;
  };
  static constexpr patience for_old_token{seconds{60}, 1};
  static constexpr patience for_new_token{seconds{1}, 3};
  static constexpr patience for_swapped_token{seconds{10}, 4};
  /// Where answers for both have come within `remembered`: what most answers say is what is known.
  static constexpr seconds when_contradicted{600};
  static constexpr seconds remembered{600};

  /// An answer that isn't to be believed by itself. `settled`: what is known has been so for a
  /// minute, so this is more than a replica that lags behind. True: it is believed now.
  bool doubts(std::uint32_t slot, const fingerprint& token, patience how, bool settled,
              steady_time now);

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
  struct dispute {
    fingerprint token{};
    steady_time since{};    // of the answers in a row
    unsigned in_a_row = 0;  // that said so; 0: the last one said what is known
    steady_time last{};     // that said so
    std::optional<steady_time> contradicted{};
    bool settled = false;
  };
  std::unordered_map<std::uint32_t, dispute> all_;
};

}  // namespace tokensyncd::sync
