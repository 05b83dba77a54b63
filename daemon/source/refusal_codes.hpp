#pragma once

#include <optional>
#include <string_view>

#include "daemon/model/failure.hpp"

namespace tokensyncd::source {

/// What the Partner API says with the code of an error, e.g. `missing_claim`.
enum class refusal_code {
  invalid_signature,
  undecodable_token,  ///< it can't read our JWT
  clock,              ///< our JWT isn't valid at this time by its clock
  partner,            ///< the partner isn't known, or isn't active
  workspace_not_found,
  workspace_not_owned,
  billing_managed,
  missing_header,
  missing_claim,
  invalid_request,
  method_not_allowed,
};

/// Finds the meaning of `code`. The vendor spells out seven codes; these are compared exactly. It
/// only describes six others (token not active yet, token can't be decoded, missing claim, missing
/// header, invalid request, method not allowed), so any spelling of their words is taken, e.g.
/// `token_decode_error`, `TokenDecodeError` or `jwt cannot be decoded`. None for anything else, and
/// for a code that speaks of a workspace. Pure.
[[nodiscard]] std::optional<refusal_code> find_refusal_code(std::string_view code);

/// Whose trouble it is, as a kind of failure.
[[nodiscard]] failure_kind kind_of(refusal_code code) noexcept;

}  // namespace tokensyncd::source
