#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>

#include <sys/mount.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/small_disk.hpp"

namespace tokensyncd::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Takes the last bytes of the disk.
void fill(const std::filesystem::path& file) {
  std::ofstream out{file, std::ios::binary};
  const std::string block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

std::set<std::string> names(const std::filesystem::path& directory) {
  std::set<std::string> out;
  for (const auto& each : std::filesystem::directory_iterator(directory))
    out.insert(each.path().filename());
  return out;
}

daemon_options two_sinks() {
  daemon_options out{.workspaces = {"acme", "beta"}};
  out.sinks_more = "other: {type: file, path: \"other/{workspace}\"}\n";
  out.more = "workspace_defaults: {sinks: [files, other]}\n";
  out.state = "{type: sqlite, file: state/state.db}";
  out.ready_grace = "0s";
  return out;
}

/// A daemon with two sinks, and a disk of its own for one of its directories. For a child process,
/// whose mounts nobody else sees.
class small_world {
 public:
  /// `directory`: the daemon's own that gets the disk: tokens or state.
  explicit small_world(const std::string& directory) {
    for (const auto* each : {"other", "state"})
      std::filesystem::create_directory(daemon_.directory() / each);
    disk_ = daemon_.directory() / directory;
    is_mounted = mount_small_disk(disk_.string(), 1U << 20U);
    if (!is_mounted) return;
    for (const auto* id : {"acme", "beta"}) api_.rotate(id);
    daemon_.start();
    EXPECT_TRUE(has("files", "acme") && has("files", "beta"));
    EXPECT_TRUE(eventually([this] { return daemon_.is_ready(); }));
  }
  ~small_world() {
    if (is_mounted) ::umount2(disk_.c_str(), MNT_DETACH);
  }
  small_world(const small_world&) = delete;
  small_world& operator=(const small_world&) = delete;

  void fill_disk() const { fill(disk_ / "ballast"); }
  void make_room() const { std::filesystem::remove(disk_ / "ballast"); }

  /// Rotates a workspace, has it asked for, and returns the old token.
  std::string rotate(const std::string& workspace) {
    const auto old_token = api_.token(workspace);
    api_.rotate(workspace);
    (void)daemon_.ask("/-/sync/" + workspace, "POST");
    return old_token;
  }

  /// Waits until a sink has what the API has.
  bool has(const std::string& sink, const std::string& workspace) {
    const auto file = daemon_.directory() / (sink == "files" ? "tokens" : sink) / workspace;
    return eventually([&] { return read_if_there(file) == api_.token(workspace); });
  }

  bool is_mounted = false;
  sandbox api_{{.workspaces = {"acme", "beta"}}};
  daemon daemon_{api_, two_sinks()};

 private:
  std::filesystem::path disk_;
};

int deliver_to_a_full_disk() {
  small_world world{"tokens"};
  if (!world.is_mounted) return child_skipped;
  auto& daemon = world.daemon_;
  world.fill_disk();
  const auto old_token = world.rotate("acme");

  EXPECT_TRUE(world.has("other", "acme"));
  EXPECT_TRUE(eventually([&] {
    return daemon.metric("tokensyncd_sink_writes_total{result=\"error\",sink=\"files\"}") >= 2;
  }));
  EXPECT_EQ(daemon.delivered("acme"), old_token);
  EXPECT_EQ(daemon.metric("tokensyncd_sink_out_of_sync_workspaces{sink=\"files\"}"), 1);
  EXPECT_EQ(daemon.metric("tokensyncd_sink_out_of_sync_workspaces{sink=\"other\"}"), 0);
  const auto sinks = daemon.status("acme").at("sinks").as_object();
  EXPECT_FALSE(sinks.at("files").at("in_sync").as_bool());
  EXPECT_THAT(std::string(sinks.at("files").at("last_error").as_string()), HasSubstr("no space"));
  EXPECT_TRUE(sinks.at("other").at("in_sync").as_bool());
  const auto ready = daemon.ask("/readyz");
  EXPECT_EQ(ready.status, 503U);
  EXPECT_THAT(ready.body, HasSubstr("acme"));
  EXPECT_TRUE(daemon.says("\"sink.failed\""));
  world.rotate("beta");
  EXPECT_TRUE(world.has("other", "beta"));

  world.make_room();
  EXPECT_TRUE(world.has("files", "acme") && world.has("files", "beta"));
  EXPECT_TRUE(eventually([&] { return daemon.is_ready(); }));
  EXPECT_THAT(names(daemon.directory() / "tokens"), ElementsAre("acme", "beta"));
  EXPECT_EQ(daemon.stop(), 0);
  return child_passed;
}

TEST(disk_test, a_full_disk_keeps_the_old_token_shows_it_holds_up_no_other_sink_and_is_got_over) {
  const int code = in_child(deliver_to_a_full_disk);
  if (code == child_skipped) GTEST_SKIP() << "mounting a tmpfs isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

int write_the_state_to_a_full_disk() {
  small_world world{"state"};
  if (!world.is_mounted) return child_skipped;
  auto& daemon = world.daemon_;
  world.fill_disk();

  std::int64_t generation = 1;
  const auto errors = [&] { return daemon.metric("tokensyncd_state_errors_total"); };
  while (errors() == 0 && generation < 200) {
    world.rotate("acme");
    EXPECT_TRUE(world.has("files", "acme"));
    ++generation;
  }
  EXPECT_GE(errors(), 1);
  EXPECT_TRUE(daemon.says("\"state.failed\""));
  EXPECT_TRUE(daemon.says("state.db cannot be written: no space"));
  world.rotate("acme");
  EXPECT_TRUE(world.has("files", "acme") && world.has("other", "acme"));
  ++generation;
  EXPECT_EQ(daemon.status("acme").at("generation").as_int64(), generation);

  world.make_room();
  world.rotate("acme");
  EXPECT_TRUE(world.has("files", "acme"));
  ++generation;
  EXPECT_EQ(daemon.stop(), 0);
  daemon.start();
  EXPECT_EQ(daemon.status("acme").at("generation").as_int64(), generation);
  EXPECT_TRUE(eventually([&] { return daemon.is_ready(); }));
  EXPECT_EQ(daemon.all_output().find("state.replaced"), std::string::npos);
  EXPECT_EQ(daemon.stop(), 0);
  return child_passed;
}

TEST(disk_test, a_state_that_has_no_room_is_shown_stops_no_delivery_and_is_caught_up_with) {
  const int code = in_child(write_the_state_to_a_full_disk);
  if (code == child_skipped) GTEST_SKIP() << "mounting a tmpfs isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

/// A world whose state's disk fills again and again.
class world_of_troubles : public small_world {
 public:
  world_of_troubles() : small_world("state") {}

  /// Rotates until the state can't be written; false where that doesn't come.
  bool begin_trouble() {
    fill_disk();
    const double before = errors();
    for (int i = 0; errors() == before && i < 200; ++i) {
      rotate("acme");
      EXPECT_TRUE(has("files", "acme"));
    }
    return errors() > before;
  }
  /// Waits until the log's last word on the state is this.
  bool last_says(const std::string& event) {
    const std::string other = event == "state.failed" ? "state.recovered" : "state.failed";
    return eventually([&] {
      const std::string said = daemon_.all_output();
      const auto at = said.rfind('"' + event + '"');
      const auto after = said.rfind('"' + other + '"');
      return at != std::string::npos && (after == std::string::npos || after < at);
    });
  }
  [[nodiscard]] std::int64_t generation() const {
    return daemon_.status("acme").at("generation").as_int64();
  }

 private:
  [[nodiscard]] double errors() const { return daemon_.metric("tokensyncd_state_errors_total"); }
};

int fill_the_states_disk_again_and_again() {
  world_of_troubles world;
  if (!world.is_mounted) return child_skipped;
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(world.begin_trouble());
    EXPECT_TRUE(world.last_says("state.failed")) << i;
    world.make_room();
    world.rotate("acme");
    EXPECT_TRUE(world.last_says("state.recovered")) << i;
  }
  EXPECT_TRUE(world.begin_trouble());
  EXPECT_TRUE(world.last_says("state.failed"));
  for (int i = 0; i < 2; ++i) {
    world.rotate("acme");
    EXPECT_TRUE(world.has("files", "acme"));
  }
  const auto generation = world.generation();
  EXPECT_EQ(world.daemon_.stop(), 0);
  EXPECT_TRUE(world.daemon_.says("\"state.unsaved\""));
  EXPECT_TRUE(world.daemon_.says("cannot be written: no space"));
  EXPECT_EQ(
      world.daemon_.all_output().find("all running requests, deliveries and hooks have ended"),
      std::string::npos);
  world.make_room();
  world.daemon_.start();
  EXPECT_TRUE(eventually([&] { return world.daemon_.is_ready(); }));
  EXPECT_LT(world.generation(), generation) << "as was said";
  EXPECT_EQ(world.daemon_.stop(), 0);
  return child_passed;
}

TEST(disk_test, a_state_without_room_is_logged_each_time_and_a_stop_says_what_is_not_saved) {
  const int code = in_child(fill_the_states_disk_again_and_again);
  if (code == child_skipped) GTEST_SKIP() << "mounting a tmpfs isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

}  // namespace
}  // namespace tokensyncd::tests
