#include "daemon/runtime/process/child_start.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "daemon/runtime/process/limits.hpp"
#include "tests/support/in_child.hpp"
#include "tests/unit/runtime/child_fixture.hpp"

namespace tokensyncd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using child_start = tests::child_test;

TEST_F(child_start, no_descriptor_of_ours_is_inherited) {
  const int open = ::open("/dev/null", O_RDONLY);  // without CLOEXEC, on purpose
  const int high = ::fcntl(open, F_DUPFD, 50);
  child_request what;
  what.argv = {"/bin/ls", "/proc/self/fd"};
  ASSERT_TRUE(run(std::move(what)));
  EXPECT_THAT(out, ElementsAre("0", "1", "2", "3")) << "3 is the directory that ls reads";
  ::close(open);
  ::close(high);
}

TEST_F(child_start, the_environment_holds_nothing_but_what_is_passed_on) {
  ::setenv("NOTIFY_SOCKET", "/run/canary", 1);
  ::setenv("HTTPS_PROXY", "http://user:canary@proxy", 1);
  ::setenv("CREDENTIALS_DIRECTORY", "/run/canary", 1);
  ::setenv("HOMELAND", "canary", 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::setenv("TZ", "UTC", 1);
  child_request what;
  what.argv = {"/usr/bin/env"};
  what.variables = {{"TOKENSYNCD_SINK", "files"}, {"TZ", "Europe/Berlin"}};
  ASSERT_TRUE(run(std::move(what)));
  for (const auto& line : out) EXPECT_THAT(line, testing::Not(HasSubstr("canary")));
  EXPECT_THAT(
      out, testing::IsSupersetOf({"TOKENSYNCD_SINK=files", "TZ=Europe/Berlin", "LC_ALL=C.UTF-8"}));
  EXPECT_THAT(out, testing::Not(testing::Contains("TZ=UTC")));
  for (const char* name :
       {"NOTIFY_SOCKET", "HTTPS_PROXY", "CREDENTIALS_DIRECTORY", "HOMELAND", "LC_ALL", "TZ"}) {
    ::unsetenv(name);
  }
}

TEST_F(child_start, it_has_a_process_group_and_signals_of_its_own) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  ASSERT_TRUE(
      run("ps -o pgid= -p $$ | tr -d ' '; echo $$; pwd; "
          "grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_EQ(out.size(), 5U);
  EXPECT_EQ(out[0], out[1]);
  EXPECT_EQ(out[2], "/");
  EXPECT_EQ(out[3], "SigBlk:\t0000000000000000");
  // Of signals 32 and 33, which are the C library's, it thinks otherwise.
  EXPECT_THAT(out[4], testing::EndsWith("0000000")) << "SIGPIPE is ignored by us alone";
}

/// In a child, as a hard limit can't be raised again.
int start_one_with_another_limit() {
  const rlimit limit{.rlim_cur = 200, .rlim_max = 300};
  ::setrlimit(RLIMIT_NOFILE, &limit);
  raise_descriptor_limit();
  const auto made = start_child("/bin/sh", {"sh", "-c", "ulimit -Sn; ulimit -Hn"}, {}, false);
  if (!made) return tests::child_failed;
  std::string said;
  char byte = 0;
  while (::read(made->output.number(), &byte, 1) == 1) said += byte;
  EXPECT_EQ(said, "200\n300\n");
  return tests::child_passed;
}

TEST(child_start_limits, a_program_has_the_limit_on_descriptors_that_we_were_started_with) {
  EXPECT_EQ(tests::in_child(start_one_with_another_limit), tests::child_passed);
}

TEST_F(child_start, what_cannot_be_started_says_why_and_what_to_do) {
  child_request missing;
  missing.argv = {(home / "nothing").string()};
  const auto not_there = run(std::move(missing));
  ASSERT_FALSE(not_there);
  EXPECT_EQ(not_there.error().kind, failure_kind::missing_place);
  EXPECT_THAT(
      not_there.error().sentence,
      HasSubstr("nothing: it, or the interpreter that its first line names, does not exist"));

  child_request plain;
  plain.argv = {script("exit 0")};
  std::filesystem::permissions(plain.argv[0], std::filesystem::perms::owner_read);
  const auto not_executable = run(plain);
  ASSERT_FALSE(not_executable);
  EXPECT_EQ(not_executable.error().kind, failure_kind::no_permission);
  EXPECT_THAT(not_executable.error().sentence, HasSubstr("chmod a+rx"));
  EXPECT_EQ(look_at_program(plain.argv[0]).error().sentence, not_executable.error().sentence);

  const auto file = home / "data";
  std::ofstream(file) << "no program\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  child_request data;
  data.argv = {file.string()};
  const auto no_program = run(std::move(data));
  ASSERT_FALSE(no_program);
  EXPECT_THAT(no_program.error().sentence, HasSubstr("it is not a program"));
}

TEST_F(child_start, a_bare_name_is_looked_for_in_the_systems_directories) {
  EXPECT_THAT(find_program("sh").value(), testing::EndsWith("bin/sh"));
  EXPECT_EQ(find_program("/a/b").value(), "/a/b");
  EXPECT_EQ(find_program("no-such-program").error().kind, failure_kind::missing_place);
  EXPECT_TRUE(look_at_program("/bin/sh"));
  EXPECT_FALSE(look_at_program("/bin"));
}

}  // namespace
}  // namespace tokensyncd
