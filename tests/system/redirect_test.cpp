#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

TEST_F(system_test, a_redirect_to_another_host_is_not_followed_and_nothing_of_ours_goes_there) {
  sandbox other{{.workspaces = {"acme"}}};
  api_.when("acme")
      .answer(302, "html")
      .header("Location", other.api_url() + "/workspaces/acme/api-token");
  sync("acme");
  EXPECT_TRUE(eventually([this] { return polls("error") >= 1; }));
  EXPECT_EQ(other.count("connections_accepted"), 0U);
  EXPECT_EQ(other.heads().size(), 0U);
}

}  // namespace
}  // namespace tokensyncd::tests
