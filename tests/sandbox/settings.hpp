#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace tokensyncd::sandbox {

/// What of the API isn't documented, or can be set by its operator: a switch each. Names and
/// meanings are those of `tokensyncd-sandbox --help`.
struct settings {
  std::string partner_id = "acme";
  std::string partner_secret = "sandbox-partner-secret";
  std::string previous_partner_secret;   ///< accepted as well; empty: none
  std::string partner_state = "active";  ///< active | not_active | not_found

  std::string rotated_at_on_get = "absent";  ///< absent | null | last
  std::string date_format = "seconds";       ///< seconds | fraction | offset | offset_fraction
  std::string token_format = "uuid";         ///< uuid | tla
  std::string api_version = "v1";            ///< X-TL-API-Version on GET; empty: no such header
  std::string error_body = "partner";        ///< partner | public | too_many | html | none
  std::map<std::string, unsigned, std::less<>> statuses{
      {"partner_not_found", 404},
      {"partner_not_active", 403},
      {"invalid_signature", 401},
      {"timestamp_out_of_range", 401},
      {"workspace_not_found", 404},
      {"workspace_not_owned_by_partner", 403},
      {"workspace_billing_managed", 403},
      {"missing_header", 401},
      {"missing_claim", 401},
      {"token_undecodable", 401},
      {"token_not_active", 401},
      {"invalid_request", 400},
      {"method_not_allowed", 405},
  };

  std::int64_t clock_offset_s = 0;  ///< of Date and of the token's check, not of the log
  bool date_header = true;
  std::int64_t tolerance_s = 0;     ///< for nbf and exp
  std::int64_t max_window_s = 360;  ///< exp - nbf; more is timestamp_out_of_range; 0: no limit
  std::string early_error = "timestamp_out_of_range";  ///< code for nbf in the future
  std::string refuse_with;  ///< this code with its status to every call that is signed; empty: none

  double rate_per_second = 0;  ///< an address; 0: no limit (the vendor has 30)
  double rate_burst = 10;
  std::string rate_retry_after;  ///< Retry-After with the limit's 429; empty: none

  std::uint64_t requests_per_connection = 0;  ///< then it is closed, unannounced; 0: no limit
  std::string host;                           ///< any other Host gets a 404 in HTML; empty: any
  bool any_workspace = false;                 ///< every id exists as soon as it is asked for
};

/// Changes what `changes` names. Throws std::invalid_argument with a sentence for an unknown name
/// or a wrong value; `target` is unchanged then.
void apply(settings& target, const boost::json::object& changes);

/// All of them but the secrets.
[[nodiscard]] boost::json::object to_json(const settings& from);

}  // namespace tokensyncd::sandbox
