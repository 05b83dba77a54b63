#include "tests/unit/sync/world/fake_source.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/system/system_error.hpp>

#include "tests/unit/sync/world/hold.hpp"

namespace tokensyncd::sync {

void fake_source::answers(const std::string& workspace, std::string token,
                          std::optional<wall_time> rotated_at) {
  replies_[workspace] = reply{std::move(token), rotated_at, {}, {}};
}

void fake_source::fails(const std::string& workspace, failure_kind kind,
                        std::optional<std::chrono::milliseconds> retry_after) {
  replies_[workspace] = reply{{}, {}, kind, retry_after};
}

void fake_source::release() {
  release_all(held_, waiting_);
}

std::size_t fake_source::count(std::string_view workspace) const {
  return static_cast<std::size_t>(std::count_if(
      log.begin(), log.end(), [&](const call& each) { return each.workspace == workspace; }));
}

task<fetched> fake_source::fetch(const fetch_request& what) {
  const std::string workspace{what.workspace};
  const steady_time asked = time_.now();
  log.push_back({workspace, asked, what.accepted == nullptr});
  most_under_way = std::max(most_under_way, ++under_way);
  reply now = replies_[workspace];
  const std::string other = instead ? instead(workspace) : std::string{};
  if (!other.empty()) now = reply{other, instead_at, {}, {}};
  std::optional<body_digest> accepted;
  if (what.accepted != nullptr) accepted = *what.accepted;
  if (held_) co_await wait_for_release(time_, waiting_);
  --under_way;
  if (throws) throw std::logic_error("token a2");

  fetched got{failure{failure_kind::gone, "no such workspace"}};
  if (now.failure) {
    got.what = failure{*now.failure, "it failed"};
  } else if (!now.token.empty()) {
    observation answer;
    const std::string body = now.token +
                             (now.rotated_at ? format_rfc3339(*now.rotated_at) : std::string{}) +
                             (without_time.contains(workspace) ? "?" : "");
    answer.body = hasher_.of(body);
    answer.same_bytes = accepted == answer.body;
    if (!answer.same_bytes) answer.token = secret{now.token};
    answer.rotated_at = now.rotated_at;
    answer.rotated_at_unreadable = without_time.contains(workspace);
    got.what = std::move(answer);
  }
  got.asked = asked;
  got.answered = time_.now();
  got.retry_after = now.retry_after;
  co_return got;
}

void fake_source::rotates_to(const std::string& workspace, std::string token,
                             std::optional<wall_time> rotated_at) {
  rotations_[workspace] = rotation{std::move(token), rotated_at, {}};
}

void fake_source::fails_to_rotate(const std::string& workspace, failure_kind kind,
                                  bool may_have_rotated, std::string token) {
  rotations_[workspace] = rotation{std::move(token), {}, kind, may_have_rotated};
}

void fake_source::release_rotations() {
  release_all(rotations_held_, waiting_rotations_);
}

task<rotation_answer> fake_source::rotate(std::string_view which) {
  const std::string workspace{which};
  rotation_answer out{{failure{failure_kind::gone, "no such workspace"}}};
  out.got.asked = time_.now();
  posts.push_back(workspace);
  most_under_way = std::max(most_under_way, ++under_way);
  if (on_rotate) on_rotate();
  const rotation now = rotations_[workspace];
  if (!now.token.empty()) answers(workspace, now.token, now.rotated_at);
  if (rotations_held_) co_await wait_for_release(time_, waiting_rotations_);
  --under_way;
  if (throws) throw std::logic_error("token a2");
  out.got.answered = time_.now();
  if (now.failure) {
    out.got.what = failure{*now.failure, "the rotation failed"};
    out.may_have_rotated = now.may_have_rotated;
  } else if (!now.token.empty()) {
    observation answer;
    answer.body = hasher_.of("POST " + now.token);
    answer.token = secret{now.token};
    answer.rotated_at = now.rotated_at;
    out.got.what = std::move(answer);
  }
  co_return out;
}

task<verification> fake_verifier::verify(std::string_view, const secret& token) {
  asked.emplace_back(token.reveal());
  verification out;
  const auto known = says.find(asked.back());
  out.how = known == says.end() ? token_state::works : known->second;
  if (out.how != token_state::works) out.why = failure{failure_kind::denied, "it doesn't work"};
  co_return out;
}

}  // namespace tokensyncd::sync
