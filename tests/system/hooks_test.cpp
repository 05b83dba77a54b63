// Hooks as operators have them: real programs that fail, hang, fork, flood or are missing.
#include <chrono>
#include <cstddef>
#include <string>

#include <signal.h>
#include <unistd.h>

#include "tests/support/canary.hpp"
#include "tests/system/programs_world.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;
using hooks_test = programs_world;

TEST_F(hooks_test, a_hook_runs_after_a_rotation_and_sees_the_new_token) {
  hook("cat $home/tokens/acme > $home/seen; echo run >> $home/runs");
  daemon_.start();
  ASSERT_TRUE(is_delivered("acme"));
  ASSERT_TRUE(eventually([&] { return runs("ok") >= 1 && !pending("acme"); }));
  const auto token = api_.rotate("acme");
  (void)daemon_.ask("/-/sync/acme", "POST");
  EXPECT_TRUE(eventually([&] { return read_if_there(daemon_.directory() / "seen") == token; }));
  EXPECT_TRUE(eventually([&] { return !pending("acme"); }));
  EXPECT_GE(runs("ok"), 2);
}

TEST_F(hooks_test, a_hundred_rotations_at_once_are_one_run) {
  sandbox api{{.prefix = "w", .count = 100}};
  daemon_options options;
  for (int i = 1; i <= 100; ++i) options.workspaces.push_back("w" + std::to_string(i));
  daemon fleet{api, options};
  options.sink_more =
      "on_change: {command: [" + script("hook", "echo run >> $home/runs") + "], debounce: 1s}\n";
  fleet.configure(options);
  fleet.start();
  const std::string name = "tokensyncd_hook_pending{sink=\"files\"}";
  ASSERT_TRUE(eventually([&] { return fleet.is_ready() && fleet.metric(name) == 0; }));
  const auto before = lines("runs");
  const auto began = std::chrono::steady_clock::now();
  api.rotate_all("w");
  (void)fleet.ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([&] { return fleet.delivered("w100") == api.token("w100"); }));
  ASSERT_TRUE(eventually([&] { return lines("runs") > before && fleet.metric(name) == 0; }));
  // One at once, then one a second at most: on a slow machine deliveries take as long.
  const auto took = std::chrono::steady_clock::now() - began;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(took).count();
  EXPECT_LE(lines("runs"), before + 1 + static_cast<std::size_t>(seconds));
}

TEST_F(hooks_test, one_that_names_a_workspace_runs_for_each_that_changed_alone) {
  options_.sink_more = "on_change: {command: [" +
                       script("hook", "echo \"$1 $TOKENSYNCD_WORKSPACES\" >> $home/runs") +
                       ", '{workspace}'], debounce: 0s}\n";
  daemon_.configure(options_);
  daemon_.start();
  ASSERT_TRUE(
      eventually([&] { return lines("runs") == 2 && !pending("acme") && !pending("beta"); }));
  api_.rotate("beta");
  (void)daemon_.ask("/-/sync/beta", "POST");
  ASSERT_TRUE(eventually([&] { return lines("runs") == 3; }));
  EXPECT_THAT(read_file(daemon_.directory() / "runs"),
              testing::EndsWith("\nbeta {\"workspace_id\":\"beta\",\"generation\":2}\n"));
}

TEST_F(hooks_test, one_that_fails_is_pending_and_tried_again_until_it_succeeds) {
  hook("test -e $home/good");
  daemon_.start();
  ASSERT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(eventually([&] { return runs("failed") >= 2; }));
  EXPECT_TRUE(pending("acme"));
  EXPECT_GE(daemon_.metric("tokensyncd_hook_consecutive_failures{sink=\"files\"}"), 2);
  write_file(daemon_.directory() / "good", "");
  EXPECT_TRUE(eventually([&] { return !pending("acme"); }));
  EXPECT_EQ(daemon_.metric("tokensyncd_hook_consecutive_failures{sink=\"files\"}"), 0);
}

TEST_F(hooks_test, one_that_hangs_delays_no_delivery_and_is_killed_with_all_it_started) {
  hook(
      "trap '' TERM; sleep 1000 & echo $! > $home/child; "
      "test -e $home/first || mv $home/child $home/first; wait; sleep 1000",
      ", timeout: 1s");
  daemon_.start();
  ASSERT_TRUE(is_delivered("acme"));
  ASSERT_TRUE(eventually([&] { return lines("first") == 1; }));
  api_.rotate("acme");
  (void)daemon_.ask("/-/sync/acme", "POST");
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(eventually([&] { return runs("timeout") >= 1; }));
  const pid_t child = std::stoi(read_file(daemon_.directory() / "first"));
  EXPECT_TRUE(eventually([&] { return ::kill(child, 0) != 0; })) << "its child lives on";
}

TEST_F(hooks_test, one_that_leaves_a_daemon_behind_is_done_when_it_ends_itself) {
  hook("sleep 1000 & echo $! > $home/heir");
  daemon_.start();
  EXPECT_TRUE(eventually([&] { return runs("ok") >= 1; }));
  const pid_t heir = std::stoi(read_file(daemon_.directory() / "heir"));
  EXPECT_EQ(::kill(heir, SIGKILL), 0) << "it lives on";
}

TEST_F(hooks_test, one_that_floods_the_log_is_cut) {
  hook("head -c 5000000 /dev/zero | tr '\\0' x | fold -w 100; test -e $home/never || exit 0");
  daemon_.start();
  EXPECT_TRUE(eventually([&] { return runs("ok") >= 1; }));
  daemon_.stop();
  EXPECT_LT(daemon_.all_output().size(), 1'000'000U);
  EXPECT_THAT(daemon_.all_output(), HasSubstr("…cut"));
}

TEST_F(hooks_test, one_that_prints_tokens_without_a_word_between_prints_none_into_the_log) {
  api_.rotate_to("acme", canary_token(1));
  hook(
      "T=$(cat $home/tokens/acme); cat $home/tokens/*; echo; echo \"token_$T\"; echo "
      "\"pre${T}post\";"
      " printf 'half%s' \"$T\" >&2; printf \"$T\"; printf \"$T\\nprinted\\n\"");
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return runs("ok") >= 1; }));
  api_.rotate_to("acme", canary_token(2));
  (void)daemon_.ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([&] { return daemon_.delivered("acme") == canary_token(2); }));
  ASSERT_TRUE(eventually([&] { return runs("ok") >= 2; }));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_THAT(daemon_.all_output(), HasSubstr("token_…"));
  EXPECT_THAT(daemon_.all_output(), HasSubstr("pre…post"));
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(canary_token(1))));
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(canary_token(2))));
}

TEST_F(hooks_test, one_that_prints_the_partner_secret_prints_it_not_into_the_log) {
  const std::string secret = read_file(daemon_.secret_file());
  hook("S=$(cat " + daemon_.secret_file().string() +
       "); echo \"secret=<$S>\"; echo \"pre${S}post\"");
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return runs("ok") >= 1; }));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_THAT(daemon_.all_output(), HasSubstr("pre…post"));
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(secret.substr(0, secret.find('\n')))));
}

TEST_F(hooks_test, one_that_prints_the_token_prints_none_into_the_log) {
  api_.rotate_to("acme", canary_token(1));
  hook("cat $home/tokens/acme; echo; echo \"TOKEN=$(cat $home/tokens/acme)\" >&2; echo printed");
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return runs("ok") >= 1; }));
  daemon_.stop();
  EXPECT_THAT(daemon_.all_output(), HasSubstr("printed"));
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(canary_token(1))));
}

TEST_F(hooks_test, a_missing_one_is_said_by_check_and_in_the_log) {
  hook("true");
  std::filesystem::remove(daemon_.directory() / "hook");
  const auto checked = daemon_.command({"check"});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_THAT(checked.errors, HasSubstr("sinks.files.on_change.command: cannot run "));
  daemon_.start();
  ASSERT_TRUE(is_delivered("acme"));
  EXPECT_TRUE(eventually([&] { return runs("failed") >= 1; }));
}

TEST_F(hooks_test, what_a_killed_daemon_left_pending_runs_at_its_next_start) {
  hook("echo begun >> $home/begun; test -e $home/good || sleep 1000; echo done >> $home/done");
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return lines("begun") == 1; }));
  daemon_.kill();
  write_file(daemon_.directory() / "good", "");
  daemon_.start();
  // Of both: the daemon may have been killed before it had delivered the other one.
  const auto settled = [&] { return daemon_.is_ready() && !pending("acme") && !pending("beta"); };
  EXPECT_TRUE(eventually([&] { return lines("done") >= 1 && settled(); }));
  const auto before = lines("done");
  daemon_.stop();
  daemon_.start();
  EXPECT_TRUE(eventually(settled));
  EXPECT_EQ(lines("done"), before) << "nothing changed since";
}

TEST_F(hooks_test, once_waits_for_hooks_and_says_which_did_not_succeed) {
  hook("test -e $home/good && echo run >> $home/runs");
  // Of one workspace: another, which was late, would have the hook run again.
  const auto bad = daemon_.command({"once", "--timeout", "5s", "acme"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.errors, HasSubstr("the hook of files has not succeeded for the token of acme"));
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
  write_file(daemon_.directory() / "good", "");
  const auto good = daemon_.command({"once", "acme"});
  EXPECT_EQ(good.exit_code, 0) << good.errors;
  EXPECT_EQ(lines("runs"), 1U);
}

}  // namespace
}  // namespace tokensyncd::tests
