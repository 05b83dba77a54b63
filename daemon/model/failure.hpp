#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

namespace tokensyncd {

/// Why something failed, by cause: what decides whose problem it is and what happens next.
enum class failure_kind {
  cancelled,        ///< we stopped it: shutdown, reload, a newer revision
  unreachable,      ///< no address, connection refused or not made in time: nothing was asked
  tls,              ///< somebody answered who isn't who we asked for, speaks no TLS that we accept,
                    ///< or doesn't accept our certificate
  timed_out,        ///< it was asked, and the answer took too long
  cut,              ///< the connection ended in the middle of an answer
  malformed,        ///< an answer that can't be believed: not HTTP, not JSON, incomplete, foreign
  too_large,        ///< an answer over the limits
  throttled,        ///< slow down: 429, or 503 with Retry-After
  edge_refused,     ///< a 403 that isn't JSON: the CDN in front, throttling until shown otherwise
  server_error,     ///< 5xx: the other side's trouble
  bad_signature,    ///< the API doesn't accept our JWT (Partner Secret)
  clock_skew,       ///< the API says that our JWT's times are out of range
  unauthorized,     ///< the API refuses our credentials, or this workspace, and doesn't say which
  partner_refused,  ///< the partner isn't known, isn't active
  request_refused,  ///< the API refuses the form of our request: a missing header or claim, a
                    ///< method
  denied,           ///< this workspace isn't ours, or may not be asked for
  gone,             ///< 404: this workspace doesn't exist
  no_space,         ///< a full disk or quota
  no_permission,    ///< the operating system or the sink refuses us
  missing_place,    ///< the directory (mount, path) to write to isn't there
  wrong_place,      ///< a symlink, a bind mount, another file system: it can't be written safely
  bad_login,        ///< a sink doesn't take our credentials, so none of its places can be reached
  conflict,         ///< something else wrote what is there
  program_failed,   ///< a program of the operator's ended badly, or not in time
  incomplete,       ///< a file of several tokens still waits for another one
  io_error,         ///< any other error of a disk or of the operating system
  damaged,          ///< a file of our own that can't be read
  busy,             ///< somebody else holds it (state lock)
  invalid,          ///< input that isn't what it should be
  fault,            ///< a bug of ours: an exception that nobody expected
};

/// The kind as one word for logs, e.g. `timed_out`.
[[nodiscard]] std::string_view to_string(failure_kind kind) noexcept;

/// Whether the same thing may succeed later without a person doing something.
[[nodiscard]] bool is_retryable(failure_kind kind) noexcept;

/// Whether it says of a sink that none of its places can be reached, and not only this one.
[[nodiscard]] bool concerns_whole_sink(failure_kind kind) noexcept;

/// An error as a value: its cause, and one plain sentence for an operator that names the file, key,
/// host or workspace and, where there is one, the next step. It never contains a secret and never
/// quotes bytes that came from outside.
struct failure {
  failure_kind kind = failure_kind::io_error;
  std::string sentence;
  /// Of a program that failed: the last line that it wrote, without tokens and printable. For the
  /// log alone, as it differs from time to time.
  std::string output{};
};

/// What crosses a boundary: a value, or why there is none.
template <class T>
using result = boost::system::result<T, failure>;

/// Called by `result::value()` on a failure; reaching it is a bug of the caller's.
[[noreturn]] inline void throw_exception_from_error(const failure& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.sentence);
}

}  // namespace tokensyncd
