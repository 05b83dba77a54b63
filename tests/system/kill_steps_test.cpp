// Kill -9 exactly before each step that changes a disk, one step a run.
#include <csignal>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/strace.hpp"

namespace tokensyncd::tests {
namespace {

using testing::AnyOf;
using testing::ElementsAre;

/// System calls of one kind, and how many of them a run that delivers makes at least.
struct steps {
  std::string call;
  unsigned at_least;
  std::string state = "{type: sqlite, file: state.db}";

  friend std::ostream& operator<<(std::ostream& out, const steps& one) {
    return out << one.call << (one.state.find("memory") != std::string::npos ? "_stateless" : "");
  }
};

class kill_steps_test : public testing::TestWithParam<steps> {
 protected:
  void SetUp() override {
    const auto tried = daemon_.command({"--version"}, below_strace({}));
    if (tried.exit_code != 0) GTEST_SKIP() << "strace can't trace here: " << tried.errors;
    api_.rotate("acme");
    ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  }

  /// `once`, killed before the `number`th such call of any of its threads. Whether it came to that.
  bool is_killed_at(unsigned number) {
    const auto& call = GetParam().call;
    const auto done = daemon_.command(
        {"once"}, below_strace({"-e", "trace=" + call, "-e",
                                "inject=" + call + ":signal=KILL:when=" + std::to_string(number)}));
    if (done.exit_code == 128 + SIGKILL) return true;
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    return false;
  }

  std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& each : std::filesystem::directory_iterator(daemon_.directory() / "tokens"))
      out.insert(each.path().filename());
    return out;
  }

  sandbox api_{{.workspaces = {"acme"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}, .state = GetParam().state}};
};

TEST_P(kill_steps_test, leaves_old_or_new_and_the_next_run_delivers_and_cleans_up) {
  unsigned number = 1;
  for (bool killed = true; killed; ++number) {
    const auto old_token = api_.token("acme");
    const auto new_token = api_.rotate("acme");
    killed = is_killed_at(number);
    EXPECT_THAT(daemon_.delivered("acme"), AnyOf(old_token, new_token)) << number;
    ASSERT_EQ(daemon_.command({"once"}).exit_code, 0) << number;
    EXPECT_EQ(daemon_.delivered("acme"), new_token) << number;
    EXPECT_THAT(names(), ElementsAre("acme")) << number;
  }
  EXPECT_GE(number - 2, GetParam().at_least) << "times it was killed";
  EXPECT_EQ(daemon_.all_output().find("state.replaced"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(system, kill_steps_test,
                         testing::Values(steps{"renameat", 1}, steps{"fsync", 2},
                                         steps{"pwrite64", 2}, steps{"fdatasync", 1},
                                         steps{"renameat", 1, "{type: memory}"},
                                         steps{"fsync", 2, "{type: memory}"}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace tokensyncd::tests
