#include "daemon/sinks/vault/secret/signer.hpp"

#include <chrono>
#include <utility>

#include "daemon/sinks/vault/login/lease.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto until_rights_may_have_changed = 1h;

/// So many in a row without one that works, and the rest waits as well.
constexpr unsigned most_in_a_row = 3;

/// Whether asking again later may help.
bool may_pass(cause why) {
  return concerns_the_server(why)
             ? why != cause::unknown_mount && why != cause::unknown_namespace
             : may_have_been_done(why) || why == cause::not_yet || why == cause::changed;
}

}  // namespace

signer::signer(access& out, clock& time, random_source& rng, std::string partner)
    : out_(out), time_(time), rng_(rng), partner_(std::move(partner)), more_(time.make_sleeper()) {}

void signer::owe(const location& where, std::string_view workspace, std::uint32_t generation,
                 reason why) {
  if (where.kind != engine_kind::v2 || !may_sign()) return;
  debt& owed = owed_[where.name()];
  if (owed.generation > generation) return;  // looked at before a delivery, and reported after it
  owed = {where, std::string{workspace}, generation, why};
  more_->wake();
}

void signer::owe_if_unsigned(const location& where, const found_secret& found,
                             std::string_view workspace, std::uint32_t generation) {
  const auto* metadata = found.metadata();
  if (metadata == nullptr || !tells_custom(*metadata)) return;
  const signature ours{partner_, workspace, generation};
  if (read_owner(*metadata, ours) != owner::somebody_else && sign(*metadata, ours))
    owe(where, workspace, generation, reason::seen);
}

task<> signer::tend() {
  for (;;) {
    const steady_time next = owed_.empty() ? steady_time::max() : next_try_;
    if (time_.now() < next) {
      co_await more_->sleep_until(next);
    } else {
      co_await settle();
    }
  }
}

task<> signer::settle() {
  std::string after;
  unsigned forbidden = 0;
  unsigned failed = 0;
  for (auto next = owed_.begin(); next != owed_.end(); next = owed_.upper_bound(after)) {
    after = next->first;
    const debt what = next->second;
    const auto why = co_await sign_one(what);
    failed = why && may_pass(*why) ? failed + 1 : 0;
    if (failed == 0) paid(what);
    forbidden = why == cause::forbidden || why == cause::refused ? forbidden + 1 : 0;
    if (forbidden == most_in_a_row) {
      forbidden_until_ = time_.now() + until_rights_may_have_changed;
      owed_.clear();
    }
    if (failed == most_in_a_row || (failed != 0 && concerns_the_server(*why))) break;
  }
  failures_ = owed_.empty() ? 0 : failures_ + 1;
  next_try_ = time_.now() + login_backoff(failures_, rng_.fraction());
}

void signer::paid(const debt& what) {
  const auto found = owed_.find(what.where.name());
  if (found != owed_.end() && found->second.generation == what.generation) owed_.erase(found);
}

task<std::optional<cause>> signer::sign_one(const debt& what) {
  auto got = co_await out_.read_metadata(what.where);
  if (!got) co_return got.error().why;
  const auto* metadata = object_in(got->body.root(), "data");
  if (metadata == nullptr) co_return cause::malformed;
  const signature ours{partner_, what.workspace, what.generation};
  if (what.why == reason::seen && read_owner(*metadata, ours) == owner::somebody_else)
    co_return std::nullopt;
  const auto body = sign(*metadata, ours);
  if (!body) co_return std::nullopt;
  got = co_await out_.write_metadata(what.where, *body);
  if (!got) co_return got.error().why;
  co_return std::nullopt;
}

task<outcome<owner>> signer::owner_of(const location& where, const found_secret& found,
                                      std::string_view workspace) {
  if (where.kind != engine_kind::v2) co_return owner::unsaid;
  const signature ours{partner_, workspace, 0};
  const auto* metadata = found.metadata();
  if (metadata != nullptr && tells_custom(*metadata)) co_return read_owner(*metadata, ours);
  const auto got = co_await out_.read_metadata(where, importance::read);
  if (!got) {
    if (got.error().why == cause::forbidden || got.error().why == cause::nothing)
      co_return owner::unsaid;
    co_return got.error();
  }
  const auto* asked = object_in(got->body.root(), "data");
  co_return asked == nullptr ? owner::unsaid : read_owner(*asked, ours);
}

}  // namespace tokensyncd::sinks::vault
