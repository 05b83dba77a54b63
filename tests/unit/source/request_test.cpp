#include "daemon/source/request.hpp"

#include <gtest/gtest.h>

namespace tokensyncd::source {
namespace {

TEST(request_target, names_the_token_of_a_workspace_without_a_trailing_slash) {
  EXPECT_EQ(token_target("/partner/api/v1", "my-workspace"),
            "/partner/api/v1/workspaces/my-workspace/api-token");
  EXPECT_EQ(workspace_target("/partner/api/v1", "ws_1234567890abcdef"),
            "/partner/api/v1/workspaces/ws_1234567890abcdef");
  EXPECT_EQ(token_target("", "a"), "/workspaces/a/api-token");
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
