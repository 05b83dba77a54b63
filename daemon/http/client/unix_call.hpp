#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "daemon/http/text/message.hpp"
#include "daemon/model/failure.hpp"

namespace tokensyncd::http {

/// What a server on a Unix socket answered.
struct unix_answer {
  unsigned status = 0;
  std::string body;
};

/// Makes one HTTP/1.1 call over the Unix socket at `path` and blocks until the whole answer is
/// there: for commands, which have no loop. `limit` is for the call as a whole. Failures:
/// unreachable (nobody listens there), no_permission, timed_out, cut, malformed, too_large.
[[nodiscard]] result<unix_answer> unix_call(const std::filesystem::path& path, method how,
                                            std::string_view target,
                                            std::chrono::milliseconds limit);

}  // namespace tokensyncd::http
