#include "daemon/sinks/vault/signer.hpp"

#include <chrono>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto until_rights_may_have_changed = 1h;

}  // namespace

signer::signer(access& out, clock& time, std::string partner)
    : out_(out), time_(time), partner_(std::move(partner)), more_(time.make_sleeper()) {}

void signer::owe(const location& where, std::string workspace, std::uint32_t generation,
                 reason why) {
  if (where.kind != engine_kind::v2 || !may_ask()) return;
  owed_[where.name()] = {where, std::move(workspace), generation, why};
  more_->wake();
}

task<> signer::tend() {
  for (;;) {
    co_await settle();
    if (owed_.empty()) co_await more_->sleep_until(steady_time::max());
  }
}

task<> signer::settle() {
  while (!owed_.empty()) {
    const auto first = owed_.extract(owed_.begin());
    co_await sign_one(first.mapped());
  }
}

task<> signer::sign_one(const debt& what) {
  auto got = co_await out_.read_metadata(what.where);
  if (got) {
    const signature ours{partner_, what.workspace, what.generation};
    if (what.why == reason::seen && read_owner(*got, ours) == owner::somebody_else) co_return;
    const auto body = sign(*got, ours);
    if (!body) co_return;
    got = co_await out_.write_metadata(what.where, *body);
  }
  if (got.has_error() && got.error().why == cause::forbidden) {
    forbidden_until_ = time_.now() + until_rights_may_have_changed;
    owed_.clear();
  }
}

task<outcome<owner>> signer::owner_of(const location& where, std::string_view workspace) {
  if (where.kind != engine_kind::v2 || !may_ask()) co_return owner::unsaid;
  const auto got = co_await out_.read_metadata(where);
  if (got) co_return read_owner(*got, {partner_, workspace, 0});
  if (got.error().why == cause::forbidden || got.error().why == cause::nothing) {
    co_return owner::unsaid;
  }
  co_return got.error();
}

}  // namespace tokensyncd::sinks::vault
