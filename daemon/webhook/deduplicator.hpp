#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/runtime/crypto.hpp"

namespace tokensyncd::webhook {

/// Knows events that have come before: the same signature and the same body. Keeps a keyed digest
/// of each and nothing else, the last 4,096 for 10 minutes at most. Time is passed in. For the
/// loop's thread.
class deduplicator {
 public:
  static constexpr std::size_t most = 4096;
  static constexpr std::chrono::minutes remembered{10};

  /// Whether this one has come before; it is remembered.
  bool seen(std::string_view signature, std::string_view body, steady_time now);

 private:
  using digest = std::array<body_digest, 2>;
  struct entry {
    digest what;
    steady_time since;
  };

  body_hasher hasher_;
  std::deque<entry> order_;
  std::set<digest> known_;
};

}  // namespace tokensyncd::webhook
