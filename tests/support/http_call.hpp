#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokensyncd::tests {

/// An answer as it came.
struct http_answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< without chunks
};

struct http_question {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view body{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// One blocking call over plain HTTP/1.1, on a connection of its own. `where`: `host:port` (an IPv4
/// address), or the absolute path of a Unix socket. Throws where nobody answers.
[[nodiscard]] http_answer http_call(const std::string& where, const http_question& what);

/// Reads the bytes of an answer whose connection has been closed. Throws where they aren't one.
[[nodiscard]] http_answer parse_answer(std::string_view bytes);

}  // namespace tokensyncd::tests
