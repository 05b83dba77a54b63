// A state whose disk hangs, and one whose files somebody touches while the daemon runs.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/strace.hpp"
#include "tests/system/slow_state.hpp"
#include "tests/system/system_test.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class state_test : public system_test {
 protected:
  [[nodiscard]] std::filesystem::path state() const { return daemon_.directory() / "state.db"; }
  [[nodiscard]] std::int64_t generation(const std::string& workspace) const {
    return daemon_.status(workspace).at("generation").as_int64();
  }
  [[nodiscard]] double errors() const { return daemon_.metric("tokensyncd_state_errors_total"); }
  bool is_logged(const std::string& event) {
    return eventually(
        [&] { return daemon_.all_output().find("\"" + event + "\"") != std::string::npos; });
  }
  void rotate(const std::string& workspace) {
    api_.rotate(workspace);
    sync(workspace);
    EXPECT_TRUE(is_delivered(workspace));
  }
  /// Ends the daemon as a power cut would, and starts another.
  void restart_after_kill() {
    daemon_.kill();
    daemon_.start();
  }
};

/// The state is there already, so that the first write to it is that of a rotation.
class a_hanging_state : public state_test {
 protected:
  static constexpr int workspaces = 12;

  bool start(const std::string& delay, const std::string& when) {
    EXPECT_EQ(daemon_.stop(), 0);
    if (!can_slow_down(daemon_)) return false;
    auto options = daemon_.options();
    options.state = "{type: sqlite, file: state.db, required: true}";
    options.workspaces.clear();
    for (int i = 0; i < workspaces; ++i) options.workspaces.push_back("w" + std::to_string(i));
    for (const auto& each : options.workspaces) {
      api_.add(each);
      api_.rotate(each);
    }
    daemon_.configure(options);
    daemon_.start(with_slow_state(state(), delay, when));
    return true;
  }
};

TEST_F(a_hanging_state, stops_no_delivery_is_shown_and_gets_all_of_it_when_it_goes_on) {
  if (!start("8s", "1")) GTEST_SKIP() << "strace can't delay calls here";
  for (int i = 0; i < workspaces; ++i) EXPECT_TRUE(is_delivered("w" + std::to_string(i))) << i;
  EXPECT_GE(errors(), 1);
  EXPECT_TRUE(is_logged("state.failed"));
  EXPECT_TRUE(is_logged("state.recovered"));
  EXPECT_TRUE(eventually([this] { return daemon_.is_ready(); }));
  EXPECT_THAT(daemon_.all_output(), HasSubstr("its disk hangs"));
  restart_after_kill();
  for (int i = 0; i < workspaces; ++i) EXPECT_EQ(generation("w" + std::to_string(i)), 1) << i;
}

TEST_F(a_hanging_state, makes_nobody_wait_who_comes_later_and_is_not_ready) {
  // Long enough for all of this, and short enough for its end, as strace holds the process till
  // then.
  if (!start("50s", "1+")) GTEST_SKIP() << "strace can't delay calls here";
  for (int i = 0; i < workspaces; ++i) EXPECT_TRUE(is_delivered("w" + std::to_string(i))) << i;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < workspaces; ++i) api_.rotate("w" + std::to_string(i));
    (void)daemon_.ask("/-/sync", "POST");
    for (int i = 0; i < workspaces; ++i) EXPECT_TRUE(is_delivered("w" + std::to_string(i))) << i;
  }
  const auto ready = daemon_.ask("/readyz");
  EXPECT_EQ(ready.status, 503U);
  EXPECT_EQ(ready.body, "not ready: the state cannot be written\n");
  EXPECT_THAT(std::string(daemon_.status().at("summary").as_string()),
              HasSubstr("state cannot be written"));
  EXPECT_EQ(daemon_.stop(), 0) << "within ten seconds, or the test's end";
}

TEST_F(state_test, that_knows_nothing_yet_is_no_trouble_at_the_end) {
  EXPECT_EQ(daemon_.stop(), 0);
  auto options = daemon_.options();
  options.state = "{type: sqlite, file: fresh.db}";
  daemon_.configure(options);
  api_.when_anyone().answer(500, "html");
  const auto once = daemon_.command({"once", "--timeout", "1s"});
  EXPECT_EQ(once.exit_code, 1);
  EXPECT_THAT(once.errors, HasSubstr("acme is not in sync in files"));
  EXPECT_THAT(once.errors, Not(HasSubstr("state.failed")));
}

TEST_F(state_test, that_was_deleted_is_written_from_memory) {
  rotate("acme");
  std::filesystem::remove(state());
  rotate("acme");
  EXPECT_TRUE(is_logged("state.replaced"));
  EXPECT_GE(errors(), 1);
  restart_after_kill();
  EXPECT_EQ(generation("acme"), 3);
  EXPECT_TRUE(eventually([this] { return daemon_.is_ready(); }));
}

TEST_F(state_test, that_was_replaced_by_an_older_copy_is_written_from_memory) {
  EXPECT_EQ(daemon_.stop(), 0);
  std::filesystem::copy_file(state(), daemon_.directory() / "copy");
  daemon_.start();
  rotate("acme");
  std::filesystem::rename(daemon_.directory() / "copy", state());
  rotate("acme");
  EXPECT_TRUE(is_logged("state.replaced"));
  EXPECT_EQ(errors(), 1);
  restart_after_kill();
  EXPECT_EQ(generation("acme"), 3);
}

TEST_F(state_test, without_its_lock_file_lets_no_second_program_in) {
  std::filesystem::remove(state().string() + ".lock");
  const auto second = daemon_.command({"once"});
  EXPECT_EQ(second.exit_code, 75);
  EXPECT_THAT(second.errors, HasSubstr("process " + std::to_string(daemon_.running().id()) + ";"));
  rotate("acme");
  EXPECT_TRUE(is_logged("state.lock"));
}

TEST_F(state_test, has_no_memory_that_others_could_cut) {
  EXPECT_FALSE(std::filesystem::exists(state().string() + "-shm"));
  std::ofstream{state().string() + "-shm"} << "x";
  rotate("acme");
  std::filesystem::resize_file(state().string() + "-shm", 0);
  rotate("acme");
  EXPECT_EQ(generation("acme"), 3);
}

/// rename(2) with flags is what NFS, 9p and most of FUSE refuse.
TEST_F(state_test, that_is_damaged_is_moved_aside_where_rename_knows_no_flags) {
  EXPECT_EQ(daemon_.stop(), 0);
  const auto without_flags = with_tampered("renameat2", "error=EINVAL");
  if (!can_run(daemon_, without_flags)) GTEST_SKIP() << "strace can't trace here";
  std::ofstream{state(), std::ios::binary} << std::string(512, 'x');
  const auto once = daemon_.command({"once"}, without_flags);
  EXPECT_EQ(once.exit_code, 0) << once.errors;
  EXPECT_THAT(once.errors, HasSubstr("state.db.damaged-"));
}

}  // namespace
}  // namespace tokensyncd::tests
