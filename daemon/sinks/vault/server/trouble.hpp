#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/system/result.hpp>

#include "daemon/model/failure.hpp"

namespace tokensyncd::sinks::vault {

/// Why Vault didn't do what was asked, by what is to be done about it.
enum class cause : std::uint8_t {
  unreached,      ///< no connection, or no TLS: nobody can have done it; another address may
  lost,           ///< the answer was lost or late: it may have been done, so look before repeating
  sealed,         ///< 503: sealed
  no_active,      ///< 503: no active node, or a redirect to where we may not go
  quota,          ///< 429: a rate limit quota; for how long is in `wait`
  not_yet,        ///< 412, or 429 without a word: this node lags behind what another one wrote
  upgrading,      ///< 400 after a restart or unseal: the mount isn't ready
  forbidden,      ///< 403: policy, or a token that is over
  paused,         ///< nothing was asked: lately everything of the kind was forbidden
  no_token,       ///< we have none: the login failed
  changed,        ///< check-and-set: another version is there than was said
  unknown_mount,  ///< 404: no engine is mounted there
  unknown_namespace,  ///< 404: the server doesn't know the namespace, or has none at all
  wrong_kind,         ///< something is mounted there that isn't the KV that was expected
  nothing,            ///< 404 with an empty list of errors: never written
  malformed,          ///< an answer that can't be believed
  refused,            ///< any other 4xx: a request that Vault doesn't take
  broken,             ///< any other 5xx: Vault's own trouble
};

/// A cause with what an operator is told.
struct trouble {
  cause why = cause::broken;
  failure what;
  /// How long Vault wants to be left alone, as it said; for cause::quota.
  std::optional<std::chrono::milliseconds> wait{};
};

/// What a call to Vault gives: a value, or why there is none.
template <class T>
using outcome = boost::system::result<T, trouble>;

[[noreturn]] inline void throw_exception_from_error(const trouble& error,
                                                    const boost::source_location& where) {
  throw_exception_from_error(error.what, where);
}

/// Whether the server as a whole is in trouble, and fewer calls at once may help it.
[[nodiscard]] constexpr bool is_overload(cause why) noexcept {
  return why == cause::lost || why == cause::sealed || why == cause::no_active ||
         why == cause::quota || why == cause::broken;
}

/// Whether the server works and said no to this call alone.
[[nodiscard]] constexpr bool is_answer(cause why) noexcept {
  return why == cause::nothing || why == cause::changed || why == cause::refused;
}

/// Whether the call may have been done although no answer says so.
[[nodiscard]] constexpr bool may_have_been_done(cause why) noexcept {
  return why == cause::lost || why == cause::broken || why == cause::malformed;
}

/// Whether no other call would fare better now.
[[nodiscard]] constexpr bool concerns_the_server(cause why) noexcept {
  return why == cause::unreached || why == cause::sealed || why == cause::no_active ||
         why == cause::quota || why == cause::no_token || why == cause::upgrading ||
         why == cause::unknown_mount || why == cause::unknown_namespace;
}

/// Whether it concerns one place, and another may be all right.
[[nodiscard]] constexpr bool is_about_the_place(cause why) noexcept {
  return is_answer(why) || why == cause::forbidden || why == cause::wrong_kind ||
         why == cause::malformed;
}

}  // namespace tokensyncd::sinks::vault
