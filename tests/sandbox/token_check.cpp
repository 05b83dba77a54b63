#include "tests/sandbox/token_check.hpp"

#include <boost/json/parse.hpp>
#include <openssl/crypto.h>

#include "tests/sandbox/encoding.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

bool signs(std::string_view secret, std::string_view message, std::string_view signature) {
  if (secret.empty()) return false;
  const auto expected = hmac_sha256(secret, message);
  return signature.size() == expected.size() &&
         CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
}

/// A part of the JWT as an object; null where it isn't one.
json::value part(std::string_view text) {
  const auto bytes = base64_decode(text);
  if (!bytes) return nullptr;
  boost::system::error_code error;
  auto value = json::parse(*bytes, error);
  return error || !value.is_object() ? json::value{} : value;
}

bool is_hs256(const json::value& header) {
  const auto* algorithm = header.as_object().if_contains("alg");
  return algorithm != nullptr && algorithm->is_string() && algorithm->as_string() == "HS256";
}

}  // namespace

token_check::decoded token_check::decode(std::string_view jwt, const settings& rules) {
  decoded out{std::string(jwt), rules.partner_secret, rules.previous_partner_secret, {}, {}, 0, 0};
  const auto fail = [&out](const char* code) {
    out.error = code;
    return out;
  };
  const auto first = jwt.find('.');
  const auto last = jwt.rfind('.');
  if (first == std::string_view::npos || first == last) return fail("token_undecodable");
  const auto header = part(jwt.substr(0, first));
  const auto claims = part(jwt.substr(first + 1, last - first - 1));
  const auto signature = base64_decode(jwt.substr(last + 1));
  if (!header.is_object() || !claims.is_object() || !signature || !is_hs256(header))
    return fail("token_undecodable");
  const auto message = jwt.substr(0, last);
  if (!signs(rules.partner_secret, message, *signature) &&
      !signs(rules.previous_partner_secret, message, *signature)) {
    return fail("invalid_signature");
  }
  const auto& object = claims.as_object();
  const auto* partner = object.if_contains("partner_id");
  const auto* nbf = object.if_contains("nbf");
  const auto* exp = object.if_contains("exp");
  if (partner == nullptr || !partner->is_string() || nbf == nullptr || !nbf->is_int64() ||
      exp == nullptr || !exp->is_int64()) {
    return fail("missing_claim");
  }
  out.partner_id = std::string(partner->as_string());
  out.nbf = nbf->as_int64();
  out.exp = exp->as_int64();
  return out;
}

std::string token_check::check(std::string_view authorization, std::string_view partner,
                               const settings& rules, std::int64_t now) {
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme) || partner.empty()) return "missing_header";
  const auto jwt = authorization.substr(scheme.size());
  if (last_.jwt != jwt || last_.secret != rules.partner_secret ||
      last_.previous_secret != rules.previous_partner_secret) {
    last_ = decode(jwt, rules);
  }
  if (!last_.error.empty()) return last_.error;
  if (now + rules.tolerance_s < last_.nbf) return rules.early_error;
  if (now - rules.tolerance_s >= last_.exp) return "timestamp_out_of_range";
  if (rules.max_window_s > 0 && last_.exp - last_.nbf > rules.max_window_s)
    return "timestamp_out_of_range";
  if (partner != last_.partner_id || partner != rules.partner_id ||
      rules.partner_state == "not_found") {
    return "partner_not_found";
  }
  if (rules.partner_state == "not_active") return "partner_not_active";
  return {};
}

}  // namespace tokensyncd::sandbox
