#include "daemon/sinks/vault/secret/location.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::string_literals;

TEST(location, puts_each_kind_of_engine_where_it_keeps_its_secrets) {
  EXPECT_EQ((location{engine_kind::v2, "secret", "timelines/acme"}).secret_path(),
            "secret/data/timelines/acme");
  EXPECT_EQ((location{engine_kind::v1, "secret", "timelines/acme"}).secret_path(),
            "secret/timelines/acme");
  EXPECT_EQ((location{engine_kind::v2, "team/kv", "acme"}).metadata_path(),
            "team/kv/metadata/acme");
}

TEST(location, keeps_hostile_segments_in_their_place) {
  for (const auto& [path, encoded] : std::vector<std::pair<std::string, std::string>>{
           {"../../sys/seal", "%2E%2E/%2E%2E/sys/seal"},
           {"./x", "%2E/x"},
           {"a/..", "a/%2E%2E"},
           {"...", "..."},
           {"acme?list=true", "acme%3Flist%3Dtrue"},
           {"acme#x", "acme%23x"},
           {"a%2F..", "a%252F.."},
           {"my path", "my%20path"},
           {"a\r\nX-Vault-Token: x", "a%0D%0AX-Vault-Token%3A%20x"},
           {"nul\0x"s, "nul%00x"},
           {"\xC3\xA4\xFF", "%C3%A4%FF"},
           {"a\\..\\b", "a%5C..%5Cb"},
           {"a;b=c@d:e", "a%3Bb%3Dc%40d%3Ae"},
           {"~_-.9", "~_-.9"},
           {"", ""}}) {
    EXPECT_EQ(encode_path(path), encoded);
    EXPECT_EQ((location{engine_kind::v2, "secret", path}).secret_path(), "secret/data/" + encoded);
    EXPECT_EQ((location{engine_kind::v2, path, "x"}).metadata_path(), encoded + "/metadata/x");
  }
}

TEST(location, keeps_the_slashes_where_they_are) {
  EXPECT_EQ(encode_path("/a//b/"), "/a//b/");
}

TEST(location, is_named_for_people_as_it_was_configured) {
  EXPECT_EQ((location{engine_kind::v2, "secret", "my path/acme"}).name(), "secret/my path/acme");
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
