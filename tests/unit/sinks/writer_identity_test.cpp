#include "daemon/sinks/writer_identity.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::sinks {
namespace {

TEST(writer_identity, knows_the_leftovers_of_its_installation_alone) {
  const installation_key key{1};
  const installation_key other{2};
  const writer_identity now{key};
  const writer_identity before{key};
  const writer_identity stranger{other};
  EXPECT_TRUE(now.is_stale_temp_file(before.temporary_name()));
  EXPECT_FALSE(now.is_stale_temp_file(now.temporary_name()));
  EXPECT_FALSE(now.is_stale_temp_file(stranger.temporary_name()));
  EXPECT_FALSE(now.is_stale_temp_file(before.temporary_name() + "x"));
  EXPECT_FALSE(now.is_stale_temp_file("acme"));
  EXPECT_FALSE(now.is_stale_temp_file(""));
}

TEST(writer_identity, never_makes_the_same_name_twice) {
  const writer_identity one{installation_key{1}};
  EXPECT_NE(one.temporary_name(), one.temporary_name());
}

}  // namespace
}  // namespace tokensyncd::sinks
