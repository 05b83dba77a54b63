#include "daemon/http/text/path_segment.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd::http {
namespace {

std::string segment(std::string_view text) {
  std::string out;
  append_segment(out, text);
  return out;
}

TEST(path_segment, keeps_any_text_inside_its_one_segment) {
  EXPECT_EQ(segment("Az09-_~"), "Az09-_~");
  EXPECT_EQ(segment("a.b"), "a.b");
  EXPECT_EQ(segment("a.b/c"), "a.b%2Fc");
  EXPECT_EQ(segment(""), "");
  EXPECT_EQ(segment("."), "%2E");
  EXPECT_EQ(segment(".."), "%2E%2E");
  EXPECT_EQ(segment("..."), "...");
  EXPECT_EQ(segment("../x"), "..%2Fx");
  EXPECT_EQ(segment("a/b?c#d%e f"), "a%2Fb%3Fc%23d%25e%20f");
  EXPECT_EQ(segment("b\xC3\xBC"), "b%C3%BC");
  EXPECT_EQ(segment("a\r\nHost: evil"), "a%0D%0AHost%3A%20evil");
  EXPECT_EQ(segment(std::string_view("\0\xFF", 2)), "%00%FF");
}

}  // namespace
}  // namespace tokensyncd::http
