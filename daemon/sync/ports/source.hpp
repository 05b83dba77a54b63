#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/crypto.hpp"

namespace tokensyncd::sync {

/// What the API said about one workspace's token: complete and valid, or it isn't one.
struct observation {
  secret token;  ///< empty exactly when `same_bytes`
  std::optional<wall_time> rotated_at{};
  bool rotated_at_unreadable = false;  ///< it is there, not null, and no RFC 3339 time
  body_digest body{};       ///< of the answer's bytes; what a later question passes as `accepted`
  bool same_bytes = false;  ///< the answer's bytes were those of `accepted`: nothing was parsed
};

/// What is asked. The views must stay valid until the answer is there.
struct fetch_request {
  std::string_view workspace;
  /// Digest of a body accepted before for this workspace, where the same bytes mean that there is
  /// nothing to do; null where the token itself is needed.
  const body_digest* accepted = nullptr;
};

/// An answer, or why there is none, with the facts of the call.
struct fetched {
  result<observation> what;
  steady_time asked{};
  steady_time answered{};
  /// How long the API wants to be left alone, as it said (any value, not yet judged).
  std::optional<std::chrono::milliseconds> retry_after{};
  /// Calls that this took, for the budget: 0 where nothing could be asked, 2 where the first was
  /// refused and a newer secret or a corrected clock made a second worth while.
  unsigned calls = 1;
  /// Server's clock minus ours, where the source corrects for one; zero otherwise.
  std::chrono::seconds clock_skew{0};
};

/// What came of having a token replaced: an observation as to any question, or why there is none.
struct rotation_answer {
  fetched got;
  /// There is no observation, and yet the token may have been replaced: the answer was lost, or
  /// can't be believed. False: it has been for certain (an observation), or hasn't (a refusal).
  bool may_have_rotated = false;
};

/// Where tokens come from. For the loop's thread; several questions may be under way at once, one a
/// workspace.
class source {
 public:
  virtual ~source() = default;

  /// Asks for a workspace's current token (safe to repeat) with one call, rarely two. Failures:
  /// those of http::client::call, and throttled, edge_refused, server_error, bad_signature,
  /// unauthorized, clock_skew, partner_refused, request_refused, denied, gone, invalid. Throws only
  /// system_error(operation_aborted), when cancelled.
  virtual task<fetched> fetch(const fetch_request& what) = 0;

  /// Has the API replace a workspace's token: the one before stops working at once. Never repeated,
  /// but once more after a refusal of our credentials, which did nothing. Failures and exceptions
  /// as those of fetch(); where it is cancelled nobody knows what came of it.
  virtual task<rotation_answer> rotate(std::string_view workspace) = 0;
};

}  // namespace tokensyncd::sync
