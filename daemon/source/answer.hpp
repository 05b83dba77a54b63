#pragma once

#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/source/received.hpp"
#include "daemon/sync/ports/source.hpp"

namespace tokensyncd::source {

/// Reads the answer to `what`. Believed is a 2xx that isn't content-encoded and whose body is one
/// JSON object, complete and without duplicates, for this very workspace, with a token to deliver.
/// A rotated_at that is no RFC 3339 time is taken as absent, and marked. Where the bytes are those
/// of `what.accepted`, nothing is parsed. Everything else is a failure: malformed, or
/// read_refusal's.
[[nodiscard]] result<sync::observation> read_token_answer(const received& answer,
                                                          const sync::fetch_request& what,
                                                          const body_hasher& hasher);

/// Reads the answer to a rotation: the same rules, other words where it can't be believed.
[[nodiscard]] result<sync::observation> read_rotation_answer(const received& answer,
                                                             std::string_view workspace,
                                                             const body_hasher& hasher);

/// Whether a status says that nothing was done: a 4xx, but for a 408, which comes from somebody who
/// gave up waiting. A redirect and a 5xx leave open what was done.
[[nodiscard]] bool is_plain_refusal(unsigned status) noexcept;

/// Reads the answer to the question for a workspace's details: whether it was granted.
[[nodiscard]] result<void> read_details_answer(const received& answer, std::string_view workspace);

/// Whether `text`, valid UTF-8, is a token that may be delivered: 1 to 4,096 bytes, not all white
/// space, without U+0000–1F and U+007F–9F.
[[nodiscard]] bool is_deliverable(std::string_view text) noexcept;

}  // namespace tokensyncd::source
