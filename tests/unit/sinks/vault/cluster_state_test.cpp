#include "daemon/sinks/vault/server/cluster_state.hpp"

#include <string>

#include <gtest/gtest.h>

#include "daemon/runtime/crypto.hpp"

namespace tokensyncd::sinks::vault {
namespace {

/// An index as OpenBao makes it: base64 of a JSON object.
std::string index(const std::string& cluster, const std::string& value) {
  const std::string text = R"({"cluster":")" + cluster + R"(","value":")" + value + "\"}";
  std::string out = base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  for (char& c : out) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (out.size() % 4 != 0) out += '=';
  return out;
}

reply body(const std::string& text) {
  reply made;
  made.status = 200;
  EXPECT_TRUE(made.body.read(text));
  return made;
}

health healthy(const std::string& cluster) {
  return {true, false, cluster};
}

TEST(state_index, keeps_the_newest_of_answers_that_cross) {
  state_index now;
  EXPECT_EQ(now.header(), "");
  now.learn(index("a", "9"));
  now.learn(index("a", "10"));
  now.learn(index("a", "9"));
  EXPECT_EQ(now.header(), index("a", "10"));
  now.learn(index("b", "1"));
  EXPECT_EQ(now.header(), index("b", "1")) << "another cluster counts anew";
}

TEST(state_index, sends_back_what_it_can_not_read_but_nothing_huge) {
  state_index now;
  now.learn("v1:opaque:1");
  EXPECT_EQ(now.header(), "v1:opaque:1");
  now.learn("v1:opaque:2");
  EXPECT_EQ(now.header(), "v1:opaque:2");
  now.learn(std::string(513, 'a'));
  now.learn("");
  EXPECT_EQ(now.header(), "v1:opaque:2");
  for (const auto* hostile : {"=", "====", "e30=", "W10=", "eyJ2YWx1ZSI6MX0="}) now.learn(hostile);
}

TEST(read_health, knows_an_active_node_from_others) {
  const auto active =
      read_health(body(R"({"initialized":true,"sealed":false,"standby":false,"cluster_id":"c"})"));
  ASSERT_TRUE(active);
  EXPECT_TRUE(active->is_active);
  EXPECT_EQ(active->cluster, "c");
  for (const auto* other : {R"({"initialized":true,"sealed":false,"standby":true})",
                            R"({"initialized":true,"sealed":true,"standby":true})",
                            R"({"initialized":false,"sealed":true})",
                            R"({"initialized":true,"sealed":false,"performance_standby":true})"}) {
    const auto node = read_health(body(other));
    ASSERT_TRUE(node);
    EXPECT_FALSE(node->is_active) << other;
  }
  EXPECT_FALSE(read_health(body("{}")));
  EXPECT_FALSE(read_health(body(R"({"errors":["no handler"]})")));
}

TEST(cluster_watch, has_everything_looked_at_when_the_cluster_is_another_one) {
  cluster_watch now;
  EXPECT_FALSE(now.saw(healthy("a"))) << "the first time";
  EXPECT_FALSE(now.saw(healthy("a")));
  EXPECT_TRUE(now.saw(healthy("b")));
  EXPECT_FALSE(now.saw(healthy("b")));
  EXPECT_FALSE(now.saw(healthy(""))) << "not told";
  EXPECT_FALSE(now.saw(healthy("b")));
}

TEST(cluster_watch, has_everything_looked_at_after_an_outage_once_it_is_over) {
  cluster_watch now;
  EXPECT_FALSE(now.saw(healthy("a")));
  EXPECT_FALSE(now.saw(std::nullopt));
  EXPECT_TRUE(now.saw(healthy("a")));
  EXPECT_FALSE(now.saw(health{false, true, ""})) << "sealed";
  EXPECT_TRUE(now.saw(healthy("a")));
  EXPECT_FALSE(now.saw(healthy("a")));
  for (const cause why : {cause::sealed, cause::unreached}) {
    now.met(why);
    EXPECT_TRUE(now.saw(healthy("a"))) << "what only a call has met";
  }
  for (const cause why : {cause::quota, cause::lost, cause::forbidden}) {
    now.met(why);
    EXPECT_FALSE(now.saw(healthy("a")));
  }
}

}  // namespace
}  // namespace tokensyncd::sinks::vault
