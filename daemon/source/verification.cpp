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
                        ": can't tell whether its token works: the Public API " + std::move(why)}};
}

}  // namespace

sync::verification read_verification(const received& answer, std::string_view workspace) {
  const auto status = " (HTTP " + std::to_string(answer.status) + ")";
  if (answer.status >= 200 && answer.status <= 299) {
    answer_members members;
    if (!answer.is_encoded() && members.read(answer.body)) return {sync::token_state::works, {}};
    return cannot_tell(failure_kind::malformed, workspace,
                       "answered with something that isn't JSON; check partner.public_api_url");
  }
  if (answer.status == 401) {
    return {sync::token_state::refused,
            failure{failure_kind::denied,
                    "workspace " + std::string(workspace) +
                        ": the Public API refuses the token that was delivered" + status +
                        "; if `tokensyncd verify` goes on saying so, rotate it"}};
  }
  if (answer.status == 403) {
    return cannot_tell(
        failure_kind::edge_refused, workspace,
        "refuses to say" + status + ": a quota, the plan, or what is in front of it");
  }
  if (answer.status == 429) {
    return cannot_tell(failure_kind::throttled, workspace,
                       "wants fewer calls" + status + "; try again later");
  }
  if (answer.status >= 500) {
    return cannot_tell(failure_kind::server_error, workspace,
                       "has trouble of its own" + status + "; try again later");
  }
  return cannot_tell(failure_kind::malformed, workspace,
                     "answered as it shouldn't" + status + "; check partner.public_api_url");
}

}  // namespace tokensyncd::source
