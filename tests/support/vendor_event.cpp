#include "tests/support/vendor_event.hpp"

#include <array>
#include <chrono>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/support/base64url.hpp"
#include "tests/support/blocking_socket.hpp"

namespace tokensyncd::tests {
namespace {

std::string jwt_of(const vendor_event& what) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const auto claims = R"({"partner_id":")" + what.jwt_partner + R"(","nbf":)" +
                      std::to_string(now + what.nbf_from_now) + R"(,"exp":)" +
                      std::to_string(now + what.exp_from_now) + "}";
  const auto text = base64url(what.jwt_header) + "." + base64url(claims);
  std::array<unsigned char, 32> mac{};
  unsigned int size = mac.size();
  HMAC(EVP_sha256(), what.secret.data(), static_cast<int>(what.secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return text + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

}  // namespace

std::string request_of(const vendor_event& what) {
  const auto body = what.body.value_or(
      R"({"workspace_id":")" + what.workspace + R"(","event_type":")" + what.type +
      R"(","partner_id":")" + what.body_partner +
      R"(","triggered_at":"2026-11-23T22:14:05Z","rotated_at":"2026-11-23T22:14:05.123Z"})");
  const auto signature = what.signature ? *what.signature : jwt_of(what);
  std::string bytes = what.method + " " + what.path + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!what.partner_header.empty()) bytes += "X-TL-Partner-Id: " + what.partner_header + "\r\n";
  if (!signature.empty()) bytes += "X-TL-Signature: " + signature + "\r\n";
  bytes += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
  return bytes + "\r\nConnection: close\r\n\r\n" + body;
}

http_answer send(std::uint16_t port, const vendor_event& what) {
  const blocking_socket one{"127.0.0.1:" + std::to_string(port)};
  one.write(request_of(what));
  return parse_answer(one.read_all());
}

}  // namespace tokensyncd::tests
