#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/file_reader.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

constexpr unsigned load_size = 200;
constexpr int rounds = 20;

/// A sandbox and a daemon that asks for each of 200 workspaces as often as it may.
class load_test : public testing::Test {
 protected:
  static std::vector<std::string> ids() {
    std::vector<std::string> out;
    for (unsigned i = 1; i <= load_size; ++i) out.push_back("acme-" + std::to_string(i));
    return out;
  }

  bool is_delivered(const std::string& id) {
    return eventually([&] { return daemon_.delivered(id) == api_.token(id); });
  }

  bool all_are_delivered() {
    return eventually([this] {
      for (const auto& [id, token] : api_.tokens())
        if (daemon_.delivered(id) != token) return false;
      return true;
    });
  }

  [[nodiscard]] std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> out;
    for (const auto& id : ids()) out.push_back(daemon_.token_file(id));
    return out;
  }

  static double rotations_of(const std::string& id, const std::map<std::string, double>& metrics) {
    double sum = 0;
    for (const auto* trigger : {"poll", "webhook", "startup", "command"}) {
      sum += metrics.at("tokensyncd_token_rotations_total{workspace=\"" + id + "\",trigger=\"" +
                        trigger + "\"}");
    }
    return sum;
  }

  sandbox api_{{.prefix = "acme-", .count = load_size, .more = {"--with-tokens"}}};
  daemon daemon_{api_, {.workspaces = ids(), .interval = "100ms", .log_level = "info"}};
};

TEST_F(load_test, each_rotation_is_seen_once_and_no_file_ever_holds_what_is_not_its_own) {
  daemon_.start();
  ASSERT_TRUE(all_are_delivered());
  std::map<std::string, std::vector<std::string>> given;
  for (const auto& [id, token] : api_.tokens()) given[id].push_back(token);
  file_reader reader{files()};

  // One after the other, so that each can be told from the next; all the others are asked
  // meanwhile.
  const std::vector<std::string> watched{"acme-1", "acme-77", "acme-200"};
  for (int round = 0; round < rounds; ++round) {
    for (const auto& id : watched) given[id].push_back(api_.rotate(id));
    for (const auto& id : watched) ASSERT_TRUE(is_delivered(id)) << id;
  }
  // And many at once, again and again, seen or not.
  for (int round = 0; round < rounds; ++round) {
    EXPECT_EQ(api_.rotate_all("acme-1"), 111U);
    for (const auto& [id, token] : api_.tokens("acme-1")) given[id].push_back(token);
  }
  EXPECT_TRUE(all_are_delivered());

  const auto metrics = daemon_.metrics();
  for (const auto& id : ids()) {
    const auto rotations = static_cast<double>(given[id].size()) - 1;
    const auto seen = rotations_of(id, metrics);
    EXPECT_EQ(metrics.at("tokensyncd_token_generation{workspace=\"" + id + "\"}"), seen + 1) << id;
    EXPECT_LE(seen, rotations) << id;
  }
  for (const auto* id : {"acme-77", "acme-200"}) {
    // These were rotated singly alone.
    EXPECT_EQ(rotations_of(id, metrics), rounds) << id;
  }
  EXPECT_EQ(rotations_of("acme-2", metrics), 0);

  const auto seen = reader.stop();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& own = given[ids().at(i)];
    EXPECT_EQ(seen[i].missing, 0U) << seen[i].file;
    auto at = own.begin();
    for (const auto& content : seen[i].contents) {
      at = std::find(at, own.end(), content);
      ASSERT_NE(at, own.end()) << seen[i].file << " held '" << content << "'";
    }
  }
}

}  // namespace
}  // namespace tokensyncd::tests
