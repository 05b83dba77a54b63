#include "daemon/sinks/file/commit/stale_temp_files.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tokensyncd::sinks {
namespace {

/// A file system that removes everything, and tells when it does.
class telling_calls final : public system_calls {
 public:
  std::function<void()> on_removal;  ///< called once
  std::vector<std::string> removed;

  int unlinkat(int, const char* name) override {
    if (on_removal) std::exchange(on_removal, nullptr)();
    removed.emplace_back(name);
    return 0;
  }
};

TEST(stale_temp_files, keep_what_is_left_while_others_are_removed) {
  telling_calls system;
  const writer_identity identity{installation_key{}};
  stale_temp_files swept{system, identity};
  swept.remember("/tokens", "first");
  system.on_removal = [&] { swept.remember("/tokens", "second"); };
  EXPECT_FALSE(swept.clear("/tokens", -1)) << "the second is there still";
  EXPECT_TRUE(swept.clear("/tokens", -1));
  EXPECT_EQ(system.removed, (std::vector<std::string>{"first", "second"}));
}

}  // namespace
}  // namespace tokensyncd::sinks
