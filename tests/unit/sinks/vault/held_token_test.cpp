#include "daemon/sinks/vault/login/held_token.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/times.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;
using action = lease_step::action;

constexpr wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + 12h};

grant grant_of(std::chrono::seconds ttl, std::uint64_t uses = 0) {
  return {secret{"hvs.token"}, {start, ttl, true}, uses};
}

TEST(held_token, is_nothing_before_the_first_login) {
  const held_token none;
  EXPECT_EQ(none.get(), nullptr);
  EXPECT_FALSE(none.is_alive(start));
  EXPECT_FALSE(none.has_a_use(start));
  EXPECT_FALSE(none.logged_in_at());
  EXPECT_FALSE(none.expires(start, noon));
  EXPECT_EQ(none.epoch(), 0U);
}

TEST(held_token, lives_until_its_lease_ends) {
  held_token token;
  token.replace(grant_of(60s), start, 0);
  EXPECT_TRUE(token.is_alive(start + 60s - 1ns));
  EXPECT_FALSE(token.is_alive(start + 60s));
  EXPECT_EQ(token.expires(start + 20s, noon), noon + 40s);
  EXPECT_FALSE(token.expires(start + 60s, noon));
  EXPECT_EQ(token.logged_in_at(), start);
}

TEST(held_token, lives_for_ever_without_a_ttl) {
  held_token token;
  token.replace(grant_of(0s), start, 0);
  EXPECT_TRUE(token.is_alive(start + 24h * 365));
  EXPECT_FALSE(token.expires(start, noon));
}

TEST(held_token, counts_its_uses_and_is_not_renewed_where_they_are_limited) {
  held_token token;
  token.replace(grant_of(60s, 2), start, 0);
  EXPECT_TRUE(token.is_limited());
  EXPECT_EQ(token.next_step(0, {}).what, action::log_in);
  EXPECT_EQ(token.use()->reveal(), "hvs.token");
  EXPECT_TRUE(token.has_a_use(start));
  EXPECT_NE(token.use(), nullptr);
  EXPECT_FALSE(token.has_a_use(start));
  EXPECT_TRUE(token.is_alive(start)) << "calls under way go on with it";
  EXPECT_NE(token.get(), nullptr);
}

TEST(held_token, forgets_the_limit_of_the_token_before) {
  held_token token;
  token.replace(grant_of(60s, 1), start, 0);
  static_cast<void>(token.use());
  token.replace(grant_of(60s), start, 0);
  EXPECT_FALSE(token.is_limited());
  EXPECT_TRUE(token.has_a_use(start));
  EXPECT_EQ(token.epoch(), 2U);
  EXPECT_EQ(token.next_step(0, {}).what, action::renew);
}

TEST(held_token, is_the_same_one_after_a_renewal_with_the_new_lease) {
  held_token token;
  token.replace(grant_of(60s), start, 0);
  const token_ref before = token.get();
  token.renew({start + 40s, 60s, true}, 0);
  EXPECT_EQ(token.get(), before);
  EXPECT_EQ(token.epoch(), 1U);
  EXPECT_TRUE(token.is_alive(start + 100s - 1ns));
  EXPECT_FALSE(token.is_alive(start + 100s));
}

TEST(held_token, is_replaced_by_a_login_where_renewals_are_forbidden) {
  held_token token;
  token.replace(grant_of(60s), start, 0);
  token.forbid_renewal();
  EXPECT_EQ(token.next_step(0, {}).what, action::log_in);
  EXPECT_TRUE(token.is_alive(start + 59s));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
