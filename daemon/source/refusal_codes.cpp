#include "daemon/source/refusal_codes.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace tokensyncd::source {
namespace {

using words = std::vector<std::string>;

constexpr std::size_t longest_code = 100;

constexpr std::array<std::pair<std::string_view, refusal_code>, 7> documented{{
    {"invalid_signature", refusal_code::invalid_signature},
    {"timestamp_out_of_range", refusal_code::clock},
    {"partner_not_found", refusal_code::partner},
    {"partner_not_active", refusal_code::partner},
    {"workspace_not_found", refusal_code::workspace_not_found},
    {"workspace_not_owned_by_partner", refusal_code::workspace_not_owned},
    {"workspace_billing_managed", refusal_code::billing_managed},
}};

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_letter_or_digit(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// The words of `snake_case`, `kebab-case`, `CamelCase`, `UPPER_CASE` or plain text, in lower case.
words words_of(std::string_view code) {
  words found;
  char before = '_';
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    // Of `JWTDecodeError` the D begins a word, as it isn't followed by another capital.
    const bool ends_capitals = i + 1 < code.size() && code[i + 1] >= 'a' && code[i + 1] <= 'z';
    const bool begins =
        !is_letter_or_digit(before) || (is_upper(c) && (!is_upper(before) || ends_capitals));
    if (is_letter_or_digit(c)) {
      if (begins) found.emplace_back();
      found.back() += static_cast<char>(is_upper(c) ? c - 'A' + 'a' : c);
    }
    before = c;
  }
  return found;
}

bool has_any(const words& all, std::initializer_list<std::string_view> wanted) {
  return std::ranges::any_of(
      wanted, [&](std::string_view each) { return std::ranges::find(all, each) != all.end(); });
}

/// Of the codes that the vendor describes and doesn't spell out.
std::optional<refusal_code> guess(const words& all) {
  if (has_any(all, {"workspace", "workspaces", "partner", "account", "subscription"})) return {};
  const bool of_token = has_any(all, {"token", "jwt", "bearer", "authorization", "signature"});
  const bool is_missing = has_any(all, {"missing", "absent", "required", "no"});
  if (is_missing && has_any(all, {"claim", "claims"})) return refusal_code::missing_claim;
  if (is_missing && has_any(all, {"header", "headers"})) return refusal_code::missing_header;
  if (has_any(all, {"not"}) && has_any(all, {"active", "valid"}) &&
      (of_token || has_any(all, {"yet"}))) {
    return refusal_code::clock;
  }
  if (has_any(all, {"expired", "immature", "nbf", "exp"})) return refusal_code::clock;
  if (has_any(all, {"decode", "decoded", "decoding", "undecodable"}) ||
      (of_token && has_any(all, {"malformed", "unreadable", "invalid", "bad"}))) {
    return refusal_code::undecodable_token;
  }
  if (has_any(all, {"method"}) && has_any(all, {"allowed", "unsupported", "supported"}))
    return refusal_code::method_not_allowed;
  if (has_any(all, {"request"}) && has_any(all, {"invalid", "bad", "malformed"}))
    return refusal_code::invalid_request;
  return {};
}

}  // namespace

std::optional<refusal_code> find_refusal_code(std::string_view code) {
  for (const auto& [spelling, meaning] : documented)
    if (spelling == code) return meaning;
  if (code.size() > longest_code) return {};
  return guess(words_of(code));
}

failure_kind kind_of(refusal_code code) noexcept {
  switch (code) {
    case refusal_code::invalid_signature:
    case refusal_code::undecodable_token:
      return failure_kind::bad_signature;
    case refusal_code::clock:
      return failure_kind::clock_skew;
    case refusal_code::partner:
      return failure_kind::partner_refused;
    case refusal_code::workspace_not_found:
      return failure_kind::gone;
    case refusal_code::workspace_not_owned:
    case refusal_code::billing_managed:
      return failure_kind::denied;
    case refusal_code::missing_header:
    case refusal_code::missing_claim:
    case refusal_code::invalid_request:
    case refusal_code::method_not_allowed:
      break;
  }
  return failure_kind::request_refused;
}

}  // namespace tokensyncd::source
