#pragma once

#include <string>
#include <string_view>

#include "daemon/http/server/server.hpp"

namespace tokensyncd::http {

/// A short text for people and probes.
[[nodiscard]] reply text_reply(unsigned status, std::string body);

/// `body`: JSON, as it is sent.
[[nodiscard]] reply json_reply(unsigned status, std::string body);

/// `{"error": sentence}`.
[[nodiscard]] reply error_reply(unsigned status, std::string_view sentence);

/// 405 that says what is allowed instead, e.g. `GET, HEAD`.
[[nodiscard]] reply method_not_allowed(std::string_view allowed);

/// What every answer carries: nothing is cached, framed, guessed at or run.
[[nodiscard]] reply finished(reply answer);

}  // namespace tokensyncd::http
