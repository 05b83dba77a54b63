#include "daemon/source/auth/jwt.hpp"

#include <cstdint>
#include <span>
#include <string>

#include <boost/json/serialize.hpp>

#include "daemon/runtime/crypto.hpp"

namespace tokensyncd::source {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string unix_seconds(wall_time when) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
}

}  // namespace

secret make_jwt(const secret& key, std::string_view partner_id, wall_time now) {
  const std::string claims =
      "{\"partner_id\":" + boost::json::serialize(boost::json::string_view(partner_id)) +
      ",\"nbf\":" + unix_seconds(now - jwt_reach) + ",\"exp\":" + unix_seconds(now + jwt_reach) +
      "}";
  std::string text = base64url(bytes_of(R"({"alg":"HS256","typ":"JWT"})"));
  text += '.';
  text += base64url(bytes_of(claims));
  const hmac_sha256 mac{bytes_of(key.reveal())};
  std::string signature = base64url(mac.of(text));
  // Reserved whole: growing would leave a copy of the proof behind in freed memory.
  std::string whole;
  whole.reserve(text.size() + 1 + signature.size());
  whole.append(text).append(1, '.').append(signature);
  secret jwt{whole};
  wipe(whole.data(), whole.size());
  wipe(signature.data(), signature.size());
  return jwt;
}

}  // namespace tokensyncd::source
