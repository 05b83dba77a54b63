#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/secret.hpp"

namespace tokensyncd {

/// Takes a secret out of texts that come from programs to which it was given. Whatever shares
/// `fragment` bytes or more with it goes, so a secret that was cut, folded or escaped is found too;
/// what was encoded as a whole (Base64, hex) isn't. Wiped at the end. Does not change after
/// construction: for any thread.
class mask {
 public:
  static constexpr std::size_t fragment = 8;

  /// Nothing to hide.
  mask() = default;
  explicit mask(const secret& hidden);
  mask(mask&&) noexcept = default;
  mask& operator=(mask&&) = delete;
  ~mask();

  /// `text` with `…` in place of each stretch that the secret shares.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  [[nodiscard]] bool knows(std::string_view piece) const;

  secret short_one_;                   ///< a secret shorter than a fragment
  std::vector<std::uint64_t> pieces_;  ///< every fragment of a longer one, sorted
};

}  // namespace tokensyncd
