#include "daemon/source/auth/jwt.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

using namespace std::chrono_literals;

constexpr wall_time signed_at{1'700'000'000s};

// Expected values: made with Python's hmac and base64.

TEST(jwt, is_signed_with_hs256_and_valid_for_180_seconds_either_way) {
  EXPECT_EQ(make_jwt(secret{"partner-secret-1"}, "acme", signed_at + 999ms).reveal(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJwYXJ0bmVyX2lkIjoiYWNtZSIsIm5iZiI6MTY5OTk5OTgyMCwiZXhwIjoxNzAwMDAwMTgwfQ."
            "EF50fitzPvefWSIj3kJFxzFrEx9jn_dF7Io6pKlljAU");
}

TEST(jwt, escapes_the_partner_id_as_json) {
  EXPECT_EQ(make_jwt(secret{"partner-secret-1"}, "a\"\\c\xC3\xBC\n", signed_at).reveal(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJwYXJ0bmVyX2lkIjoiYVwiXFxjw7xcbiIsIm5iZiI6MTY5OTk5OTgyMCwiZXhwIjoxNzAwMDAwMTgwfQ."
            "awPalHQVFGcJepYGOUVFvPUbmp6jKvaMFi7jRi68mSk");
}

}  // namespace
}  // namespace tokensyncd::source
