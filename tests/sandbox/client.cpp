#include "tests/sandbox/client.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "tests/sandbox/encoding.hpp"
#include "tests/support/base64url.hpp"

namespace tokensyncd::tests {

std::string make_jwt(const jwt_options& options) {
  const auto now = tokensyncd::sandbox::unix_microseconds() / 1'000'000;
  const auto claims = R"({"partner_id":")" + options.partner_id + R"(","nbf":)" +
                      std::to_string(now + options.nbf_from_now) + R"(,"exp":)" +
                      std::to_string(now + options.exp_from_now) + "}";
  const auto message = base64url(options.header) + "." + base64url(claims);
  return message + "." + base64url(tokensyncd::sandbox::hmac_sha256(options.secret, message));
}

std::string token_path(std::string_view workspace) {
  return "/partner/api/v1/workspaces/" + std::string(workspace) + "/api-token";
}

tls_answer ask_raw(const sandbox& api, std::string_view path, std::string_view method,
                   const std::string& jwt) {
  std::string bytes;
  bytes.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!jwt.empty()) bytes.append("Authorization: Bearer ").append(jwt).append("\r\n");
  bytes.append("X-TL-Partner-Id: acme\r\nConnection: close\r\n\r\n");
  return tls_call(api.port(), api.ca_file(), bytes);
}

http_answer ask(const sandbox& api, std::string_view path, std::string_view method,
                const std::string& jwt) {
  return parse_answer(ask_raw(api, path, method, jwt).bytes);
}

}  // namespace tokensyncd::tests
