#pragma once

#include <string>
#include <string_view>

#include "daemon/http/server.hpp"

namespace tokensyncd::endpoints {

/// A short text for people and probes.
[[nodiscard]] http::reply text_reply(unsigned status, std::string body);

/// `body`: JSON, as it is sent.
[[nodiscard]] http::reply json_reply(unsigned status, std::string body);

/// `{"error": sentence}`.
[[nodiscard]] http::reply error_reply(unsigned status, std::string_view sentence);

/// 405 that says what is allowed instead, e.g. `GET, HEAD`.
[[nodiscard]] http::reply method_not_allowed(std::string_view allowed);

/// What every answer carries: nothing is cached, framed, guessed at or run.
[[nodiscard]] http::reply finished(http::reply answer);

}  // namespace tokensyncd::endpoints
