#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/http_call.hpp"

namespace tokensyncd::tests {

/// An event as the vendor sends it, or as somebody forges one: the defaults are right against a
/// daemon of these tests.
struct vendor_event {
  std::string workspace = "acme";
  std::string type = "api_token:rotated";
  std::string body_partner = "acme";
  std::optional<std::string> body{};  ///< instead of what the fields above make
  std::string jwt_header = R"({"alg":"HS256","typ":"JWT"})";
  std::string jwt_partner = "acme";
  long long nbf_from_now = -180;
  long long exp_from_now = 180;
  std::string secret = "sandbox-partner-secret";
  std::optional<std::string> signature{};  ///< instead of the JWT; empty: no such header
  std::string partner_header = "acme";     ///< empty: no such header
  std::string method = "POST";
  std::string path = "/webhooks/timelines";
};

/// The bytes of its request, with `Connection: close`.
[[nodiscard]] std::string request_of(const vendor_event& what);

/// Sends it over plain HTTP to 127.0.0.1.
http_answer send(std::uint16_t port, const vendor_event& what);

}  // namespace tokensyncd::tests
