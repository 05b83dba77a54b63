#include "daemon/model/secret.hpp"

#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace tokensyncd {
namespace {

static_assert(!std::is_copy_constructible_v<secret>);
static_assert(!std::is_constructible_v<std::string, secret>);

TEST(secret, gives_its_bytes_to_who_asks_by_name) {
  const secret token{"tla_123"};
  EXPECT_EQ(token.reveal(), "tla_123");
  EXPECT_EQ(token.size(), 7U);
}

TEST(secret, leaves_nothing_in_what_it_was_moved_from) {
  secret token{"tla_123"};
  const secret moved = std::move(token);
  EXPECT_TRUE(token.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(moved.reveal(), "tla_123");
}

TEST(secret, keeps_its_bytes_when_assigned_to_itself) {
  secret token{"tla_123"};
  secret& same = token;
  token = std::move(same);
  EXPECT_EQ(token.reveal(), "tla_123");
}

TEST(wipe, overwrites_all_bytes_and_accepts_none) {
  std::string bytes = "tla_123";
  wipe(bytes.data(), bytes.size());
  EXPECT_EQ(bytes, std::string(7, '\0'));
  wipe(nullptr, 0);
}

}  // namespace
}  // namespace tokensyncd
