#include "tests/support/simulated_api.hpp"

#include <utility>

namespace tokensyncd::support {

std::string simulated_api::token_of(const std::string& workspace) const {
  const auto found = generations_.find(workspace);
  return workspace + "/token/" + std::to_string(found == generations_.end() ? 0 : found->second);
}

task<sync::fetched> simulated_api::fetch(const sync::fetch_request& what) {
  const std::string workspace{what.workspace};
  std::optional<body_digest> accepted;
  if (what.accepted != nullptr) accepted = *what.accepted;
  std::optional<simulated_fault> fault;
  if (const auto found = faults_.find(workspace); found != faults_.end()) fault = found->second;
  const std::string token = token_of(workspace);
  const std::size_t destination = log.size();
  const steady_time asked = time_.now();
  log.push_back({workspace, asked});

  const auto turn = time_.make_sleeper();
  co_await turn->sleep_until(asked + (fault && fault->hangs ? time_limit : latency));

  sync::fetched got{failure{failure_kind::cancelled, {}}};
  if (fault) {
    got.what = failure{fault->kind, "workspace " + workspace + ": it fails"};
    got.retry_after = fault->retry_after;
  } else {
    sync::observation answer;
    answer.body = hasher_.of(token);
    answer.same_bytes = accepted == answer.body;
    if (!answer.same_bytes) answer.token = secret{token};
    got.what = std::move(answer);
  }
  got.asked = asked;
  got.answered = time_.now();
  log[destination].answered = got.answered;
  log[destination].succeeded = !fault;
  co_return got;
}

task<sync::rotation_answer> simulated_api::rotate(std::string_view) {
  co_return sync::rotation_answer{
      sync::fetched{failure{failure_kind::invalid, "nothing is rotated by POST here"}}};
}

}  // namespace tokensyncd::support
