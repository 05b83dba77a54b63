// `rotate` as operators use it: through the daemon and without one, refused, lost, killed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <signal.h>

#include <gmock/gmock.h>

#include "tests/support/canary.hpp"
#include "tests/support/vendor_event.hpp"
#include "tests/system/programs_world.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Asks the API by itself once an hour, so that what happens is the command's doing.
class rotate_test : public programs_world {
 protected:
  rotate_test() {
    options_.more = "audit: {file: audit.jsonl}\nwebhook: {listen: [\"127.0.0.1:0\"]}\n";
    daemon_.configure(options_);
  }

  void begin() {
    daemon_.start();
    ASSERT_TRUE(is_delivered("acme"));
    ASSERT_TRUE(is_delivered("beta"));
  }
  [[nodiscard]] finished rotate(std::vector<std::string> more = {"acme"}) const {
    more.insert(more.begin(), {"rotate", "--yes"});
    return daemon_.command(more);
  }
  [[nodiscard]] fault when_posted() { return {api_, {{"workspace", "acme"}, {"method", "POST"}}}; }
  std::uint64_t posts(const std::string& workspace = "acme") {
    return api_.count(workspace, "posts");
  }
  /// How many POSTs came, carried out or not.
  std::size_t asked_to_rotate() {
    const auto all = api_.log("acme");
    return static_cast<std::size_t>(std::ranges::count(all, "P", &asked::method));
  }
  [[nodiscard]] std::string audit() const {
    return read_if_there(daemon_.directory() / "audit.jsonl");
  }
};

TEST_F(rotate_test, of_all_rotates_what_is_old_and_counts_the_others) {
  begin();
  const auto young = rotate({"--all", "--if-older-than", "30d"});
  EXPECT_EQ(young.exit_code, 0) << young.errors;
  EXPECT_EQ(young.output, "2 of 2 workspaces were left alone, because their tokens are younger\n");
  EXPECT_EQ(posts(), 0U);
  const auto old = rotate({"--all", "--if-older-than", "1ms"});
  EXPECT_EQ(old.exit_code, 0) << old.errors;
  EXPECT_THAT(old.output, HasSubstr("acme: rotated to generation 2"));
  EXPECT_THAT(old.output, HasSubstr("beta: rotated to generation 2"));
}

TEST_F(rotate_test, of_all_stops_at_the_first_that_is_not_done) {
  begin();
  when_posted().answer(403, "partner", "workspace_not_owned_by_partner");
  const auto done = rotate({"--all", "--if-older-than", "1ms"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_EQ(posts("beta"), 0U);
  EXPECT_THAT(done.errors, HasSubstr("1 of 2 workspaces were not rotated"));
}

TEST_F(rotate_test, of_all_without_a_daemon_rotates_what_is_configured) {
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  const auto done = rotate({"--all", "--if-older-than", "1ms"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(posts("acme"), 1U);
  EXPECT_EQ(posts("beta"), 1U);
}

TEST_F(rotate_test, through_the_daemon_replaces_delivers_and_confirms) {
  begin();
  const auto before = api_.token("acme");
  const auto done = rotate();
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("acme: rotated to generation 2 ("));
  EXPECT_THAT(done.output, HasSubstr("delivered to 1 of 1 sink, confirmed"));
  EXPECT_NE(api_.token("acme"), before);
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
  EXPECT_EQ(posts(), 1U);
  EXPECT_EQ(posts("beta"), 0U);
  const std::string rotations = R"(tokensyncd_token_rotations_total{workspace="acme",trigger=)";
  EXPECT_EQ(daemon_.metric(rotations + R"("command"})"), 1);
  daemon_.stop();
  EXPECT_THAT(audit(), HasSubstr(R"("event":"command","command":"rotate","workspace":"acme")"));
  EXPECT_THAT(audit(), HasSubstr(R"("event":"token.rotating","workspace":"acme","step":"asking")"));
  EXPECT_THAT(audit(), HasSubstr(R"("trigger":"command","due_at":")"));
}

TEST_F(rotate_test, without_a_daemon_does_the_same_and_runs_the_hook) {
  hook("cat $home/tokens/acme > $home/seen");
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  const auto done = rotate();
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("acme: rotated to generation 2 ("));
  EXPECT_EQ(posts(), 1U);
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
  EXPECT_EQ(read_if_there(daemon_.directory() / "seen"), api_.token("acme"));
}

TEST_F(rotate_test, without_a_daemon_says_so_where_the_hook_does_not_succeed) {
  hook("test -e $home/good");
  write_file(daemon_.directory() / "good", "");
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  std::filesystem::remove(daemon_.directory() / "good");
  const auto done = rotate({"--timeout", "3s", "acme"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.errors, HasSubstr("the hook of files has not succeeded for the token of acme"));
  EXPECT_EQ(posts(), 1U);
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
}

TEST_F(rotate_test, a_refusal_changes_nothing_and_is_not_repeated) {
  begin();
  const auto before = api_.token("acme");
  when_posted().answer(403, "partner", "workspace_billing_managed");
  const auto done = rotate({"acme", "beta"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.output, HasSubstr("acme: not rotated\n"));
  EXPECT_THAT(done.output, HasSubstr("beta: rotated to generation 2"));
  EXPECT_EQ(daemon_.delivered("acme"), before);
  EXPECT_EQ(asked_to_rotate(), 1U);
  EXPECT_EQ(posts(), 0U);
}

TEST_F(rotate_test, a_lost_answer_is_found_by_the_check_that_follows) {
  begin();
  when_posted().with("performs", true).cut("before").times(1);
  const auto done = rotate();
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output,
              HasSubstr("the answer was lost, but the next check found the new token"));
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
  EXPECT_EQ(asked_to_rotate(), 1U);
}

TEST_F(rotate_test, a_lost_question_is_unknown_and_never_asked_again) {
  begin();
  const auto before = api_.token("acme");
  when_posted().answer(502, "html");
  const auto done = rotate({"acme", "beta"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.output, HasSubstr("acme: may have been rotated; the next check shows it"));
  EXPECT_THAT(done.errors, HasSubstr("1 of 2 workspaces were not rotated"));
  EXPECT_EQ(posts("beta"), 0U) << "the API isn't well: one unknown is enough";
  EXPECT_EQ(asked_to_rotate(), 1U);
  EXPECT_EQ(daemon_.delivered("acme"), before);
}

TEST_F(rotate_test, its_own_event_before_the_answer_brings_no_second_rotation) {
  begin();
  when_posted().held().times(1);
  api_.forget_log();
  std::string said;
  {
    process command{daemon_.program_of({"rotate", "--yes", "acme"})};
    ASSERT_TRUE(eventually([&] { return api_.held() == 1; }));
    EXPECT_EQ(send(daemon_.webhook_port(), {}).status, 200U);
    api_.release();
    EXPECT_EQ(command.wait(), 0);
    said = command.output();
  }
  EXPECT_THAT(said, HasSubstr("confirmed"));
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(posts(), 1U);
  EXPECT_EQ(daemon_.metric("tokensyncd_webhook_missed_total"), 0);
  EXPECT_EQ(daemon_.status("acme").at("generation").as_int64(), 2);
}

TEST_F(rotate_test, killed_during_the_call_the_next_start_delivers_what_came_of_it) {
  begin();
  when_posted().held().times(1);
  process command{daemon_.program_of({"rotate", "--yes", "acme"})};
  ASSERT_TRUE(eventually([&] { return api_.held() == 1; }));
  daemon_.kill();
  EXPECT_EQ(command.wait(), 1);
  EXPECT_THAT(command.errors(),
              HasSubstr("check the result of the rotation with `tokensyncd status`"));
  api_.release();
  daemon_.start();
  EXPECT_TRUE(is_delivered("acme"));
  EXPECT_EQ(posts(), 1U);
}

TEST_F(rotate_test, stopped_during_the_call_finishes_it_and_delivers) {
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  when_posted().held().times(1);
  process command{daemon_.program_of({"rotate", "--yes", "acme", "beta"})};
  ASSERT_TRUE(eventually([&] { return api_.held() == 1; }));
  command.signal(SIGINT);
  api_.release();
  EXPECT_EQ(command.wait(), 1);
  EXPECT_THAT(command.output(), HasSubstr("delivered to 1 of 1 sink"));
  EXPECT_THAT(command.errors(), HasSubstr("stopped before the end"));
  EXPECT_THAT(command.errors(), HasSubstr("1 of 2 workspaces were not rotated"));
  EXPECT_EQ(posts(), 1U);
  EXPECT_EQ(posts("beta"), 0U);
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
}

/// What the command did: the old token is dead, and it can't know.
class a_lost_rotation : public rotate_test {
 protected:
  void check_what_is_said(process& command) {
    EXPECT_EQ(command.wait(), 1);
    EXPECT_THAT(command.output(), HasSubstr("acme: may have been rotated"));
    EXPECT_THAT(command.errors(), HasSubstr("run `tokensyncd once acme`"));
    EXPECT_THAT(command.errors(), HasSubstr("1 of 2 workspaces were not rotated"));
    EXPECT_THAT(command.errors(), Not(HasSubstr("finished")));
    EXPECT_NE(daemon_.delivered("acme"), api_.token("acme"));
    api_.release();
    EXPECT_EQ(daemon_.command({"once", "acme"}).exit_code, 0);
    EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
  }
};

TEST_F(a_lost_rotation, is_not_called_finished_where_the_command_is_stopped_and_the_answer_lost) {
  options_.partner_more = "timeout: 3s\n";
  daemon_.configure(options_);
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  when_posted().held().times(1);
  process command{daemon_.program_of({"rotate", "--yes", "acme", "beta"})};
  ASSERT_TRUE(eventually([&] { return api_.held() == 1; }));
  command.signal(SIGINT);
  check_what_is_said(command);
}

TEST_F(a_lost_rotation, is_not_called_finished_where_a_second_signal_does_not_wait_for_it) {
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  when_posted().held().times(1);
  process command{daemon_.program_of({"rotate", "--yes", "acme", "beta"})};
  ASSERT_TRUE(eventually([&] { return api_.held() == 1; }));
  command.signal(SIGINT);
  command.signal(SIGTERM);
  check_what_is_said(command);
}

TEST_F(rotate_test, is_refused_where_the_directory_is_gone_and_can_be_forced) {
  begin();
  const auto tokens = daemon_.directory() / "tokens";
  std::filesystem::rename(tokens, daemon_.directory() / "aside");
  const auto refused = rotate();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("acme: not rotated\n  files: not ready for a new token: "));
  EXPECT_THAT(refused.errors, HasSubstr("--force"));
  EXPECT_EQ(asked_to_rotate(), 0U);
  const auto forced = rotate({"--force", "--timeout", "1s", "acme"});
  EXPECT_EQ(forced.exit_code, 1);
  EXPECT_THAT(forced.output, HasSubstr("delivered to 0 of 1 sink"));
  EXPECT_THAT(forced.errors, HasSubstr("the daemon retries"));
  EXPECT_EQ(posts(), 1U);
  std::filesystem::create_directory(tokens);
  EXPECT_TRUE(is_delivered("acme"));
}

TEST_F(rotate_test, without_a_daemon_looks_first_and_says_what_to_do) {
  ASSERT_EQ(daemon_.command({"once"}).exit_code, 0);
  const auto tokens = daemon_.directory() / "tokens";
  std::filesystem::rename(tokens, daemon_.directory() / "aside");
  const auto refused = rotate();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("files: not ready for a new token: "));
  EXPECT_EQ(asked_to_rotate(), 0U);
  const auto forced = rotate({"--force", "--timeout", "1s", "acme"});
  EXPECT_EQ(forced.exit_code, 1);
  EXPECT_THAT(forced.errors, HasSubstr("this command does not retry"));
  EXPECT_THAT(forced.errors, HasSubstr("`tokensyncd once acme`"));
  EXPECT_EQ(posts(), 1U);
  std::filesystem::create_directory(tokens);
  EXPECT_EQ(daemon_.command({"once", "acme"}).exit_code, 0);
  EXPECT_EQ(daemon_.delivered("acme"), api_.token("acme"));
}

TEST_F(rotate_test, is_refused_while_the_hook_fails_also_without_a_daemon) {
  hook("test -e $home/good");
  EXPECT_EQ(daemon_.command({"once", "--timeout", "2s"}).exit_code, 1);
  const auto alone = rotate();
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.output, HasSubstr("files: not ready for a new token: its hook fails: "));
  begin();
  const auto refused = rotate();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("its hook fails: "));
  EXPECT_EQ(asked_to_rotate(), 0U);
}

TEST_F(rotate_test, leaves_a_young_token_alone) {
  api_.rotate("acme");
  begin();
  const auto done = rotate({"--if-older-than", "30d", "acme"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(done.output,
              HasSubstr("acme: not rotated, because it is younger than --if-older-than"));
  EXPECT_EQ(asked_to_rotate(), 0U);
  daemon_.stop();
  EXPECT_EQ(rotate({"--if-older-than", "30d", "acme"}).exit_code, 0);
  EXPECT_EQ(asked_to_rotate(), 0U);
  EXPECT_EQ(rotate({"--if-older-than", "1ms", "acme"}).exit_code, 0);
  EXPECT_EQ(asked_to_rotate(), 1U);
}

TEST_F(rotate_test, asks_before_it_acts_and_does_nothing_where_nobody_can_be_asked) {
  begin();
  const auto mute = daemon_.command({"rotate", "acme"});
  EXPECT_EQ(mute.exit_code, 64);
  EXPECT_THAT(mute.errors, HasSubstr("--yes"));
  const auto unknown = rotate({"acme", "nobody"});
  EXPECT_EQ(unknown.exit_code, 64);
  EXPECT_THAT(unknown.errors, HasSubstr("no workspace nobody"));
  EXPECT_EQ(daemon_.command({"rotate"}).exit_code, 64);
  EXPECT_EQ(asked_to_rotate(), 0U);
}

TEST_F(rotate_test, tells_nobody_the_token) {
  begin();
  when_posted().field("token", canary_token(1));
  const auto done = rotate();
  EXPECT_THAT(done.output, HasSubstr("acme: rotated to generation"));
  daemon_.stop();
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(canary_token(1))));
  EXPECT_THAT(audit(), Not(HasSubstr(canary_token(1))));
}

}  // namespace
}  // namespace tokensyncd::tests
