#include "daemon/source/verification.hpp"

#include <string>
#include <utility>

#include "daemon/source/answer_members.hpp"

namespace tokensyncd::source {
namespace {

sync::verification cannot_tell(failure_kind kind, std::string_view workspace, std::string why) {
  return {
      sync::token_state::unknown,
      failure{kind, "workspace " + std::string(workspace) +
                        ": cannot tell whether its token works: the Public API " + std::move(why)}};
}

}  // namespace

sync::verification read_verification(const received& answer, std::string_view workspace) {
  const auto status = " (HTTP " + std::to_string(answer.status) + ")";
  if (answer.status >= 200 && answer.status <= 299) {
    answer_members members;
    if (!answer.is_encoded() && members.read(answer.body)) return {sync::token_state::works, {}};
    return cannot_tell(failure_kind::malformed, workspace,
                       "sent an answer that is not JSON; check partner.public_api_url");
  }
  if (answer.status == 401) {
    return {sync::token_state::refused,
            failure{failure_kind::denied,
                    "workspace " + std::string(workspace) +
                        ": the Public API refuses the token that was delivered" + status +
                        "; if `tokensyncd verify` repeats this, rotate the token"}};
  }
  if (answer.status == 403) {
    return cannot_tell(failure_kind::edge_refused, workspace,
                       "refuses to answer" + status +
                           "; check the quota, the workspace's plan and any proxy in front of it");
  }
  if (answer.status == 429) {
    return cannot_tell(failure_kind::throttled, workspace,
                       "limits the rate" + status + "; try again later");
  }
  if (answer.status >= 500) {
    return cannot_tell(failure_kind::server_error, workspace,
                       "has an internal error" + status + "; try again later");
  }
  return cannot_tell(failure_kind::malformed, workspace,
                     "sent an unexpected answer" + status + "; check partner.public_api_url");
}

}  // namespace tokensyncd::source
