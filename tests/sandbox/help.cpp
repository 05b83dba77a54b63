#include "tests/sandbox/help.hpp"

namespace tokensyncd::sandbox {

const char* const help_text = R"(
When it is ready it prints one line of JSON: api_url, public_api_url, control_url, port,
control_port, ca_file. SIGTERM ends it. All of it runs on one thread, so what the control API
has answered has happened.

SETTINGS (--set NAME=JSON, or PATCH /control/settings with an object of them)
  partner_id, partner_secret, previous_partner_secret (accepted as well)
  partner_state            "active", "not_active", "not_found"
  rotated_at_on_get        "absent", "null", "last"
  date_format              "seconds", "fraction", "offset", "offset_fraction"
  token_format             "uuid", "tla"
  api_version              X-TL-API-Version on GET; "" for none
  error_body               shape of errors: "partner", "public", "too_many", "html", "none"
  statuses                 {CODE: HTTP status}: partner_not_found partner_not_active
                           invalid_signature timestamp_out_of_range workspace_not_found
                           workspace_not_owned_by_partner workspace_billing_managed missing_header
                           missing_claim token_undecodable token_not_active invalid_request
                           method_not_allowed, and any other code (else 401)
  clock_offset_s           its clock minus this machine's: Date header, JWT check, rotated_at
  date_header              false: no Date
  tolerance_s              for nbf and exp (0)
  max_window_s             longest exp - nbf (360); 0 for no limit
  early_error              code for nbf in the future ("timestamp_out_of_range")
  refuse_with              this code, with its status, to every call that is signed; "" for none
  rate_per_second          an address; 0 is off (default), the vendor has 30
  rate_burst               (10)
  rate_retry_after         Retry-After of that 429; "" for none
  requests_per_connection  then it is closed without notice; 0 for no limit
  host                     any other Host gets an HTML 404; "" for any
  any_workspace            every id exists once it is asked for

CONTROL (plain HTTP on 127.0.0.1, JSON; errors are 400 or 404 with a sentence)
  GET    /control/counters                   requests, answers by kind, tokens created by GET and
                                             rotated by POST, in flight, connections, handshakes
  GET    /control/log[?workspace=ID]         each request: at_ns (CLOCK_MONOTONIC), status, ...
  GET    /control/log.bin                    the same in 16 bytes each, little endian: i64 at_ns,
                                             u32 place (order of appearance), u16 status,
                                             u8 endpoint (0 token 1 details 2 public 3 other),
                                             u8 first letter of the method
  DELETE /control/log                        forgets log, heads and counters
  GET    /control/requests                   heads of the last requests, as they came
  GET, PATCH /control/settings
  GET    /control/tokens[?prefix=P]          {ID: current token}
  GET    /control/workspaces/ID              token, previous_token, rotated_at, gets, posts, ...
  PUT    /control/workspaces/ID              makes or changes it: {"exists", "owned",
                                             "billing_managed", "token", "rotated_at_us"}
  DELETE /control/workspaces/ID              gone: 404 from now on
  POST   /control/workspaces/ID/rotate       as in the vendor's web page: {"token", "rotated_at_us"}
  POST   /control/rotate                     many: {"prefix", "limit"}
  POST   /control/events                     sends events to 127.0.0.1 by plain HTTP, see below
  GET    /control/events                     how many are pending, failed, answered with what
  GET, POST, DELETE /control/faults          POST one, see below: {"id"}; DELETE clears all
  DELETE /control/faults/NUMBER
  GET    /control/held                       how many answers are held
  POST   /control/release                    lets all go that are held now
  POST   /control/connections/close          closes those that idle, without notice

EVENTS: {"port", "workspace"} and, where it is to be another than the vendor's:
  "rotate": "before" (now, then the event) | "after" (once it is answered); "delay_ms"; "copies": N
  "path", "event_type", "body", "partner_header" ("" for none), "secret", "claim" (partner_id),
  "jwt_header", "nbf_s", "exp_s" (from now), "signature" ("" for none)

FAULTS: the first that fits a request is carried out on it.
  for whom    "workspace": ID | "prefix": P | neither: all; "method": "GET" | "POST";
              "endpoint": "token" (default) | "details" | "public" | "any"
  how often   "times": N (else until cleared), after "skip": N
  answer      "status": N with "shape" (as error_body), "error", "description"; "headers": {...};
              "body", "body_base64"; "raw_base64": all bytes of the answer
              "performs": true carries the operation out all the same (JWT check, rotation);
              without status, body and raw it is carried out anyway, and its answer spoilt:
  content     "fields": {NAME: VALUE}, "omit": [NAME]; "stale": true: the token before;
              "malformed": not_json empty array truncated duplicate_token duplicate_workspace
              trailing byte_order_mark invalid_utf8 gzip wrong_content_type empty_token blank_token
              control_token c1_control_token nul_token long_token number_token null_token
              object_token
  size        "huge_body": BYTES, "huge_header": BYTES, "header_count": N, "early_hints": N (103s)
  time        "hold": "answer" (made, then held until POST /control/release) | "request" (held,
              then made); "delay_ms"; "drip_us": pause after each byte; "clock_offset_s": of Date
  connection  "cut": "before" | "header" | "body" | "no_close_notify" | "reset";
              "close": "announced" | "silent"; "framing": "length" | "chunked" | "until_close" |
              "none"

  curl $control/control/faults -d '{"workspace":"acme","status":429,"shape":"too_many",
                                    "headers":{"Retry-After":"3"},"times":1}'
)";

}  // namespace tokensyncd::sandbox
