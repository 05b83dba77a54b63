#include "daemon/source/refusal.hpp"

#include <optional>
#include <string>

#include "daemon/source/answer_members.hpp"
#include "daemon/source/refusal_codes.hpp"

namespace tokensyncd::source {
namespace {

/// What could be read of an error's body.
struct error_body {
  bool is_json = false;
  bool is_partner_shape = false;  ///< {"error": code, "status": integer}
  std::optional<refusal_code> code{};
};

std::optional<refusal_code> find_code(const member& from) {
  if (from.is != member::type::text) return {};
  return find_refusal_code(from.text);
}

error_body read_body(const received& answer) {
  answer_members members;
  if (answer.is_encoded() || !members.read(answer.body)) return {};
  error_body out;
  out.is_json = true;
  out.is_partner_shape = members[answer_members::error].is == member::type::text &&
                         members[answer_members::status].is == member::type::integer;
  out.code = find_code(members[answer_members::error]);
  if (!out.code) out.code = find_code(members[answer_members::error_code]);
  return out;
}

failure_kind kind_of(const received& answer, const error_body& body) {
  const auto status = answer.status;
  if (status < 400) return failure_kind::malformed;
  if (body.code) return kind_of(*body.code);
  if (status == 429 || (status == 503 && answer.retry_after)) return failure_kind::throttled;
  if (status >= 500) return failure_kind::server_error;
  switch (status) {
    case 401:
      return failure_kind::unauthorized;
    case 403:
      return body.is_json ? failure_kind::denied : failure_kind::edge_refused;
    case 404:
      return body.is_partner_shape ? failure_kind::gone : failure_kind::malformed;
    default:
      return failure_kind::invalid;
  }
}

/// What is wrong with the form of our request, and what to do.
std::string sentence_of_form(std::optional<refusal_code> code, const std::string& status) {
  constexpr std::string_view next =
      "; check partner.proxy and partner.api_url, then look for a newer tokensyncd";
  std::string_view what = "the Partner API reports an invalid request";
  if (code == refusal_code::missing_header) what = "the Partner API reports a missing header";
  if (code == refusal_code::missing_claim)
    what = "the Partner API reports a missing claim in our JWT";
  if (code == refusal_code::method_not_allowed) what = "the Partner API does not allow the method";
  return std::string(what) + status + std::string(next);
}

std::string sentence_of(failure_kind kind, const received& answer, std::optional<refusal_code> code,
                        std::string_view workspace) {
  const auto status = " (HTTP " + std::to_string(answer.status) + ")";
  const auto of_workspace = "workspace " + std::string(workspace) + ": ";
  switch (kind) {
    case failure_kind::unauthorized:
      return of_workspace + "the Partner API refuses our credentials without saying why" + status +
             "; if that is so for every workspace, compare partner.id and the content of "
             "partner.secret_file with what TimelinesAI issued";
    case failure_kind::request_refused:
      return of_workspace + sentence_of_form(code, status);
    case failure_kind::bad_signature:
      if (code == refusal_code::undecodable_token) {
        return "the Partner API cannot read our JWT" + status +
               "; look for a proxy that changes the Authorization header, then compare the content "
               "of partner.secret_file with what TimelinesAI issued";
      }
      return "the Partner API does not accept our signature" + status +
             "; compare partner.id and the content of partner.secret_file with what TimelinesAI "
             "issued";
    case failure_kind::clock_skew:
      return "the Partner API says that our clock is wrong" + status +
             "; synchronise this machine's clock";
    case failure_kind::partner_refused:
      return "the Partner API does not know this partner or has disabled it" + status +
             "; check partner.id, or ask TimelinesAI's support";
    case failure_kind::gone:
      return of_workspace + "the Partner API has no such workspace" + status +
             "; correct its id or remove it from the configuration";
    case failure_kind::denied:
      if (code == refusal_code::billing_managed) {
        return of_workspace +
               "the Partner API refuses this, because the workspace's billing is managed" + status +
               "; ask TimelinesAI's support what this partner may do with it";
      }
      return of_workspace + "the Partner API does not give its token to this partner" + status +
             "; check that the workspace is this partner's, or remove it from the configuration";
    case failure_kind::throttled:
      return "the Partner API limits the rate" + status +
             "; if it lasts, lower partner.rate_limit or poll less often";
    case failure_kind::edge_refused:
      return "a proxy or firewall in front of the Partner API refuses the request" + status +
             " with an answer that is not JSON; if it lasts, check partner.proxy, or ask "
             "TimelinesAI's support whether this address is blocked";
    case failure_kind::server_error:
      return "the Partner API has an internal error" + status + "; try again later";
    case failure_kind::malformed:
      if (answer.status == 404)
        return of_workspace +
               "a 404 that does not come from the Partner API; check partner.api_url";
      return of_workspace + "the server redirects" + status +
             ", which is never followed; check partner.api_url";
    default:
      return of_workspace + "the Partner API does not accept our request" + status +
             "; check partner.api_url and the workspace's id";
  }
}

}  // namespace

failure read_refusal(const received& answer, std::string_view workspace) {
  const auto body = read_body(answer);
  const auto kind = kind_of(answer, body);
  return {kind, sentence_of(kind, answer, body.code, workspace)};
}

}  // namespace tokensyncd::source
