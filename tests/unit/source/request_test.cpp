#include "daemon/source/request.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

std::string segment(std::string_view text) {
  std::string out;
  append_segment(out, text);
  return out;
}

TEST(request_target, names_the_token_of_a_workspace_without_a_trailing_slash) {
  EXPECT_EQ(token_target("/partner/api/v1", "my-workspace"),
            "/partner/api/v1/workspaces/my-workspace/api-token");
  EXPECT_EQ(workspace_target("/partner/api/v1", "ws_1234567890abcdef"),
            "/partner/api/v1/workspaces/ws_1234567890abcdef");
  EXPECT_EQ(token_target("", "a"), "/workspaces/a/api-token");
}

TEST(request_target, keeps_any_id_inside_its_one_segment) {
  EXPECT_EQ(segment("Az09-_~"), "Az09-_~");
  EXPECT_EQ(segment("a.b"), "a.b");
  EXPECT_EQ(segment("."), "%2E");
  EXPECT_EQ(segment(".."), "%2E%2E");
  EXPECT_EQ(segment("..."), "...");
  EXPECT_EQ(segment("../x"), "..%2Fx");
  EXPECT_EQ(segment("a/b?c#d%e f"), "a%2Fb%3Fc%23d%25e%20f");
  EXPECT_EQ(segment("b\xC3\xBC"), "b%C3%BC");
  EXPECT_EQ(segment("a\r\nHost: evil"), "a%0D%0AHost%3A%20evil");
  EXPECT_EQ(segment(std::string_view("\0\xFF", 2)), "%00%FF");
}

TEST(api_url, is_split_into_origin_and_path) {
  const auto usual = split_api_url("https://app.timelines.ai/partner/api/v1");
  EXPECT_EQ(usual.origin, "https://app.timelines.ai");
  EXPECT_EQ(usual.path, "/partner/api/v1");
  EXPECT_EQ(split_api_url("https://[::1]:8443/v1/").origin, "https://[::1]:8443");
  EXPECT_EQ(split_api_url("https://[::1]:8443/v1/").path, "/v1");
  EXPECT_EQ(split_api_url("http://localhost:80").origin, "http://localhost:80");
  EXPECT_EQ(split_api_url("http://localhost:80").path, "");
}

}  // namespace
}  // namespace tokensyncd::source
