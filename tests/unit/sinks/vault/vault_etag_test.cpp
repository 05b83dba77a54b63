#include "daemon/sinks/vault/secret/vault_etag.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

constexpr fingerprint some_digest{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};

TEST(vault_etag, is_what_it_was_after_it_was_kept) {
  for (const auto kind : {engine_kind::v1, engine_kind::v2}) {
    for (const std::uint64_t version : {0ULL, 1ULL, 4'294'967'296ULL, (1ULL << 62U) - 1}) {
      const vault_etag etag{kind, version, 0xFEDC'BA98'7654'3210U, some_digest};
      const auto again = vault_etag::unpack(etag.pack());
      ASSERT_TRUE(again);
      EXPECT_EQ(again->kind, kind);
      EXPECT_EQ(again->version, version);
      EXPECT_EQ(again->shape, etag.shape);
      EXPECT_EQ(again->digest, some_digest);
    }
  }
}

TEST(vault_etag, is_never_like_nothing_recorded) {
  EXPECT_NE((vault_etag{engine_kind::v1, 0, 0, {}}.pack()), sync::etag{});
  EXPECT_NE((vault_etag{engine_kind::v2, 0, 0, {}}.pack()), sync::etag{});
}

TEST(vault_etag, is_none_where_nothing_or_something_else_is_recorded) {
  EXPECT_FALSE(vault_etag::unpack({}));
  EXPECT_FALSE(vault_etag::unpack({{4, 1, 1, 1}}));
  EXPECT_FALSE(vault_etag::unpack({{7, 1, 1, 1}}));
}

TEST(vault_etag, tells_the_engines_and_the_members_apart) {
  const auto etag = vault_etag{engine_kind::v2, 3, 5, some_digest}.pack();
  EXPECT_NE(etag, (vault_etag{engine_kind::v1, 3, 5, some_digest}.pack()));
  EXPECT_NE(etag, (vault_etag{engine_kind::v2, 4, 5, some_digest}.pack()));
  EXPECT_NE(etag, (vault_etag{engine_kind::v2, 3, 6, some_digest}.pack()));
  EXPECT_NE(etag, (vault_etag{engine_kind::v2, 3, 5, {}}.pack()));
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
