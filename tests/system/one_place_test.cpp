// Paths that lead to one place by links: nobody's file is overwritten, and it is said.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/files.hpp"
#include "tests/support/sandbox.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;

double conflicts(const daemon& of, const std::string& sink) {
  return of.metric("tokensyncd_sink_writes_total{result=\"conflict\",sink=\"" + sink + "\"}");
}

TEST(one_place, by_two_directories_is_the_first_ones_and_shown_as_a_conflict_of_the_other) {
  sandbox api{{.workspaces = {"acme", "beta"}}};
  daemon_options options{.workspaces = {"acme", "beta"}};
  options.sinks_more = "linked: {type: file, path: \"linked/{workspace}\", format: json}\n";
  options.more = "workspace_defaults: {sinks: [files, linked]}\n";
  daemon running{api, options};
  std::filesystem::create_directory_symlink("tokens", running.directory() / "linked");

  const auto checked = running.command({"check"});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_THAT(checked.errors, HasSubstr("sinks.linked.path: "));
  EXPECT_THAT(checked.errors, HasSubstr("leads to the file of the workspace `acme` of the sink"));

  running.start();
  const auto outcome = [&](const std::string& sink) {
    return running.status("acme").at("sinks").at(sink);
  };
  const auto in_sync = [&](const std::string& sink) {
    return outcome(sink).at("in_sync").as_bool();
  };
  ASSERT_TRUE(eventually([&] {
    return (conflicts(running, "files") > 0 || conflicts(running, "linked") > 0) &&
           in_sync("files") != in_sync("linked");
  }));
  const std::string winner = in_sync("files") ? "files" : "linked";
  const std::string loser = in_sync("files") ? "linked" : "files";
  // Which path it is at once, and whose as soon as the other's is recorded.
  std::string said;
  EXPECT_TRUE(eventually([&] {
    (void)running.ask("/-/sync/acme", "POST");
    said = std::string{outcome(loser).at("last_error").as_string()};
    return said.find("the file of the workspace `acme` of the sink `" + winner + "`") !=
           std::string::npos;
  })) << said;
  const auto token = api.rotate("acme");
  (void)running.ask("/-/sync/acme", "POST");
  EXPECT_TRUE(eventually([&] {
    const auto file = running.delivered("acme");
    return winner == "files" ? file == token : file.find("\"" + token + "\"") != std::string::npos;
  }));
  EXPECT_TRUE(eventually([&] { return in_sync(winner) && !in_sync(loser); }));
}

TEST(one_place, of_the_partner_secret_keeps_the_secret) {
  sandbox api{{.workspaces = {"partner-secret"}}};
  daemon_options options{.workspaces = {"partner-secret"}};
  options.sinks_more = "looped: {type: file, path: \"loop/{workspace}\"}\n";
  options.more = "workspace_defaults: {sinks: [looped]}\n";
  daemon running{api, options};
  std::filesystem::create_directory_symlink(".", running.directory() / "loop");
  const auto secret = read_file(running.secret_file());

  const auto checked = running.command({"check"});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_THAT(checked.errors, HasSubstr("a file of the daemon's own (`partner.secret_file`)"));

  running.start();
  EXPECT_TRUE(eventually([&] {
    const auto looped = running.status("partner-secret").at("sinks").at("looped");
    return looped.at("last_error").is_string();
  }));
  EXPECT_EQ(read_file(running.secret_file()), secret);
}

}  // namespace
}  // namespace tokensyncd::tests
