#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "daemon/model/time.hpp"

namespace tokensyncd::sinks::vault {

/// Keeps wrong credentials from locking a role out: OpenBao, and Vault since 1.13, refuse every
/// login of a role for 15 minutes after five wrong ones, whoever made them. The same credentials
/// are tried twice, and then only when their files change or an operator asks. Pure: time is passed
/// in.
class login_tries {
 public:
  /// Which credentials: the versions of the files that hold them.
  using credentials = std::pair<std::uint32_t, std::uint32_t>;

  static constexpr unsigned most = 2;
  static constexpr std::chrono::minutes lockout{15};  ///< the servers' default

  enum class permission : std::uint8_t { may_try, given_up, locked_out };
  [[nodiscard]] permission may_try(const credentials& which, steady_time now) const noexcept;

  /// The server says that they are wrong.
  void refused(const credentials& which) noexcept;
  /// The server lets nobody of the role in.
  void locked_out(const credentials& which, steady_time now) noexcept;
  /// They were right, or an operator asks: nothing is held against them.
  void forget() noexcept { *this = {}; }

 private:
  credentials tried_{};
  unsigned refusals_ = 0;
  std::optional<steady_time> locked_until_;
};

}  // namespace tokensyncd::sinks::vault
