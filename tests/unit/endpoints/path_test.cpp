#include "daemon/endpoints/path.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::endpoints {
namespace {

TEST(percent_decoding, undoes_what_is_encoded_and_nothing_else) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%2f+"), "a b/c/+");
  EXPECT_EQ(percent_decode(""), "");
  for (const char* bad : {"%", "%2", "%zz", "%2z", "%-1", "%+1", "% 1", "a%"}) {
    EXPECT_FALSE(percent_decode(bad)) << bad;
  }
}

TEST(a_segment, is_one_and_may_hold_an_encoded_slash) {
  EXPECT_EQ(segment_after("/readyz/", "/readyz/acme"), "acme");
  EXPECT_EQ(segment_after("/readyz/", "/readyz/a%2Fb"), "a/b");
  for (const char* bad : {"/readyz", "/readyz/", "/readyz/a/b", "/other/a", "/readyz/%zz"}) {
    EXPECT_FALSE(segment_after("/readyz/", bad)) << bad;
  }
}

TEST(a_query, gives_all_values_of_the_one_name_it_may_hold) {
  using values = std::vector<std::string>;
  EXPECT_EQ(query_values("workspace", ""), values{});
  EXPECT_EQ(query_values("workspace", "workspace=a&workspace=b%26c"), (values{"a", "b&c"}));
  for (const char* bad : {"workspace", "other=a", "workspace=a&x=b", "workspace=%z", "&"}) {
    EXPECT_FALSE(query_values("workspace", bad)) << bad;
  }
}

TEST(a_query, gives_its_parameters_decoded_in_their_order) {
  const auto all = parse_query("a=1&b%20c=%3D&a=");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[1].name, "b c");
  EXPECT_EQ((*all)[1].value, "=");
  EXPECT_EQ((*all)[2].value, "");
  const auto part = parse_query(std::string_view("POST /?a=1&b=2 HTTP/1.1").substr(7, 7));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->back().value, "2") << "of a view into a longer text";
  for (const char* bad : {"a", "a=1&b", "a=%4", "a=\x01", "a=1#b"}) {
    EXPECT_FALSE(parse_query(bad)) << bad;
  }
}

}  // namespace
}  // namespace tokensyncd::endpoints
