#pragma once

#include <string>
#include <string_view>

#include "tests/support/http_call.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/tls_call.hpp"

namespace tokensyncd::tests {

/// How a JWT is made; the defaults are what the vendor documents.
struct jwt_options {
  std::string header = R"({"alg":"HS256","typ":"JWT"})";
  std::string partner_id = "acme";
  std::string secret = "sandbox-partner-secret";
  long long nbf_from_now = -180;
  long long exp_from_now = 180;
};

[[nodiscard]] std::string make_jwt(const jwt_options& options = {});

/// Where a workspace's token is asked for.
[[nodiscard]] std::string token_path(std::string_view workspace);

/// One request to the sandbox over TLS, as raw bytes there and back.
[[nodiscard]] tls_answer ask_raw(const sandbox& api, std::string_view path,
                                 std::string_view method = "GET",
                                 const std::string& jwt = make_jwt());

/// The same, read as an answer.
[[nodiscard]] http_answer ask(const sandbox& api, std::string_view path,
                              std::string_view method = "GET", const std::string& jwt = make_jwt());

}  // namespace tokensyncd::tests
