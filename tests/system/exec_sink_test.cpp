// Exec sinks: the token on standard input and nowhere else.
#include <string>

#include <signal.h>
#include <unistd.h>

#include "tests/support/canary.hpp"
#include "tests/system/programs_world.hpp"

namespace tokensyncd::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class exec_sink_test : public programs_world {
 protected:
  /// Both workspaces in `files` and in an exec sink that does `text`.
  void exec(const std::string& text, const std::string& more = "") {
    options_.sinks_more = "handover: {type: exec, command: [" + script("take", text) +
                          ", \"{workspace}\"]" + more + "}\n";
    options_.more = "workspace_defaults: {sinks: [files, handover]}\n";
    daemon_.configure(options_);
  }
  [[nodiscard]] std::string got(const std::string& workspace) const {
    return read_if_there(daemon_.directory() / ("got." + workspace));
  }
};

TEST_F(exec_sink_test, hands_each_token_over_once_it_is_new) {
  exec("cat > $home/part.$1; mv $home/part.$1 $home/got.$1; echo run >> $home/runs");
  daemon_.start();
  EXPECT_TRUE(eventually([&] { return got("acme") == api_.token("acme"); }));
  EXPECT_TRUE(eventually([&] { return got("beta") == api_.token("beta"); }));
  const auto token = api_.rotate("acme");
  (void)daemon_.ask("/-/sync/acme", "POST");
  EXPECT_TRUE(eventually([&] { return got("acme") == token; }));
  ASSERT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  daemon_.stop();
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  EXPECT_EQ(lines("runs"), 3U) << "a restart hands nothing over again";
}

TEST_F(exec_sink_test, hands_json_over) {
  exec("cat > $home/part.$1; mv $home/part.$1 $home/got.$1", ", input: json");
  daemon_.start();
  EXPECT_TRUE(eventually([&] {
    return got("acme").starts_with("{\"workspace_id\":\"acme\",\"token\":\"" + api_.token("acme"));
  }));
}

TEST_F(exec_sink_test, the_token_is_in_no_argument_variable_log_or_state) {
  api_.rotate_to("acme", canary_token(1));
  exec(
      "cat > /dev/null; cat /proc/$$/cmdline /proc/$$/environ /proc/$PPID/cmdline > $home/saw.$1; "
      "echo ended > $home/got.$1");
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return got("acme") == "ended\n"; }));
  ASSERT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  const canary one{"token", canary_token(1)};
  for (const auto& sentence : one.found_below(daemon_.directory(), {daemon_.token_file("acme")}))
    ADD_FAILURE() << sentence;
  for (const auto& sentence : one.found_in_process(daemon_.running().id()))
    ADD_FAILURE() << sentence;
  daemon_.stop();
  for (const auto& sentence : one.found_in(daemon_.all_output(), "the output"))
    ADD_FAILURE() << sentence;
}

TEST_F(exec_sink_test, what_it_prints_of_the_token_is_masked) {
  api_.rotate_to("acme", canary_token(1));
  exec("token=$(cat); echo \"took <$token>\"; exit 3");
  daemon_.start();
  ASSERT_TRUE(is_delivered("acme"));
  ASSERT_TRUE(daemon_.says("took <…>"));
  daemon_.stop();
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr(canary_token(1))));
  EXPECT_THAT(daemon_.all_output(), HasSubstr("ended with exit code 3"));
}

TEST_F(exec_sink_test, one_that_hangs_delays_no_file_and_no_stop_and_is_killed_with_its_group) {
  exec("sleep 1000 & echo $! > $home/heir.$1; wait", ", timeout: 1h");
  daemon_.start();
  for (int i = 0; i < 5; ++i) {
    api_.rotate("acme");
    (void)daemon_.ask("/-/sync/acme", "POST");
    EXPECT_TRUE(is_delivered("acme"));
  }
  EXPECT_TRUE(is_delivered("beta"));
  ASSERT_TRUE(eventually([&] { return lines("heir.acme") == 1 && lines("heir.beta") == 1; }));
  EXPECT_EQ(daemon_.stop(), 0) << "it has 10 s, the program an hour";
  for (const auto* each : {"heir.acme", "heir.beta"}) {
    const pid_t heir = std::stoi(read_file(daemon_.directory() / each));
    EXPECT_TRUE(eventually([&] { return ::kill(heir, 0) != 0; })) << each;
  }
}

TEST_F(exec_sink_test, one_that_has_inspected_delays_no_stop) {
  exec("cat > $home/got.$1", ", inspect: [" + script("look", "echo asked >> $home/looks") + "]");
  daemon_.start();
  ASSERT_TRUE(eventually([&] { return daemon_.is_ready(); }));
  (void)daemon_.ask("/-/sync", "POST");
  ASSERT_TRUE(eventually([&] { return lines("looks") >= 2; }));
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_THAT(daemon_.all_output(), Not(HasSubstr("daemon.left")));
}

TEST_F(exec_sink_test, check_says_that_the_program_is_missing) {
  exec("true");
  std::filesystem::remove(daemon_.directory() / "take");
  const auto checked = daemon_.command({"check"});
  EXPECT_EQ(checked.exit_code, 78);
  EXPECT_THAT(checked.errors, HasSubstr("sinks.handover.command: cannot run "));
}

}  // namespace
}  // namespace tokensyncd::tests
