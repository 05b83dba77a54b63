#include "daemon/telemetry/audit/audit.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/support/small_disk.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::telemetry {
namespace {

using testing::HasSubstr;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string errors_counted(const metrics::daemon_metrics& metrics) {
  std::string text;
  metrics::exposition out(metrics::exposition_format::text, text);
  metrics.append(out);
  const std::size_t at = text.find("\ntokensyncd_audit_errors_total ") + 31;
  return text.substr(at, text.find('\n', at) - at);
}

class an_audit_log : public testing::Test {
 protected:
  void open() { audit_.emplace(path_, time_, log_.get(), metrics_); }
  void write(std::string_view workspace) { audit_->commanded("sync", workspace, {}, "done"); }
  void close() { audit_.reset(); }

  tests::temporary_directory home_;
  std::filesystem::path path_ = home_ / "audit.jsonl";
  asio::io_context loop_;
  tests::hand_clock time_{loop_};
  metrics::daemon_metrics metrics_{"0", "0"};
  tests::captured_log log_;
  std::optional<audit> audit_;
};

TEST_F(an_audit_log, says_who_gave_a_command) {
  open();
  audit_->commanded("sync", "acme", {42, 1000, 100, 1001}, "done");
  audit_->commanded("reload", {}, {43, 0, 0, {}}, "invalid");
  close();
  EXPECT_EQ(content(path_),
            R"({"time":"2025-11-13T02:13:20Z","event":"command","command":"sync",)"
            R"("workspace":"acme","pid":42,"uid":1000,"gid":100,"login_uid":1001,"outcome":"done"})"
            "\n"
            R"({"time":"2025-11-13T02:13:20Z","event":"command","command":"reload",)"
            R"("workspace":null,"pid":43,"uid":0,"gid":0,"outcome":"invalid"})"
            "\n");
}

TEST_F(an_audit_log, says_when_each_step_of_a_rotation_was_made_and_why) {
  open();
  const revision before{1, {}, {}};
  const revision now{2, {}, {}};
  sync::revision_event found{"acme", trigger::webhook, now, before};
  const wall_time noon = *parse_rfc3339("2026-11-25T12:00:00Z");
  using std::chrono::seconds;
  found.times = {noon, noon + seconds{1}, noon + seconds{2}, noon + seconds{3}};
  audit_->revised(found);
  sync::delivery_event there{"acme", "files", now};
  there.why = trigger::webhook;
  audit_->delivered(there);
  close();
  const auto text = content(path_);
  EXPECT_THAT(text, HasSubstr(R"("trigger":"webhook","due_at":"2026-11-25T12:00:00Z",)"
                              R"("asked_at":"2026-11-25T12:00:01Z",)"
                              R"("answered_at":"2026-11-25T12:00:02Z",)"
                              R"("stored_at":"2026-11-25T12:00:03Z"})"));
  EXPECT_THAT(text, HasSubstr(R"("result":"written","trigger":"webhook"})"));
}

TEST_F(an_audit_log, says_what_a_rotation_and_a_verification_came_to) {
  open();
  const failure lost{failure_kind::cut, "the connection broke"};
  audit_->rotating({"acme", sync::rotation_step::asking});
  audit_->rotating({"acme", sync::rotation_step::lost, &lost});
  const revision now{2, {}, {}};
  audit_->verified({"acme", now, sync::token_state::refused, &lost});
  close();
  const auto text = content(path_);
  EXPECT_THAT(text, HasSubstr(R"("event":"token.rotating","workspace":"acme","step":"asking"})"));
  EXPECT_THAT(text, HasSubstr(R"("step":"lost","error":"the connection broke"})"));
  EXPECT_THAT(text, HasSubstr(R"("event":"token.verified","workspace":"acme","generation":2,)"));
  EXPECT_THAT(text, HasSubstr(R"("result":"refused","error":"the connection broke"})"));
}

TEST_F(an_audit_log, adds_to_what_is_there_and_lets_nobody_else_read_a_new_file) {
  open();
  write("first");
  close();
  open();
  write("second");
  close();
  EXPECT_THAT(content(path_), HasSubstr("first"));
  EXPECT_THAT(content(path_), HasSubstr("second"));
  struct stat there{};
  ASSERT_EQ(::stat(path_.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0640U) << "whatever the umask";
}

TEST_F(an_audit_log, writes_everything_that_it_took_before_it_ends) {
  open();
  for (int i = 0; i < 5'000; ++i) write("w" + std::to_string(i));
  close();
  const std::string text = content(path_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5'000);
  EXPECT_THAT(text, HasSubstr("\"w4999\""));
}

TEST_F(an_audit_log, goes_on_in_a_new_file_after_a_rotation_of_the_log) {
  open();
  write("before");
  // The line must be in the file before the file is moved away.
  while (content(path_).empty()) std::this_thread::yield();
  std::filesystem::rename(path_, home_ / "audit.jsonl.1");
  audit_->reopen(path_);
  write("after");
  close();
  EXPECT_THAT(content(home_ / "audit.jsonl.1"), HasSubstr("before"));
  EXPECT_THAT(content(path_), HasSubstr("after"));
}

TEST_F(an_audit_log, that_somebody_renames_goes_on_in_a_new_file_without_a_word) {
  open();
  write("before");
  while (content(path_).empty()) std::this_thread::yield();
  std::filesystem::rename(path_, home_ / "audit.jsonl.1");
  write("after");
  close();
  EXPECT_THAT(content(home_ / "audit.jsonl.1"), HasSubstr("before"));
  EXPECT_THAT(content(home_ / "audit.jsonl.1"), testing::Not(HasSubstr("after")));
  EXPECT_THAT(content(path_), HasSubstr("after"));
}

TEST_F(an_audit_log, goes_where_a_reload_says) {
  open();
  write("first");
  while (content(path_).empty()) std::this_thread::yield();
  audit_->reopen(home_ / "other.jsonl");
  write("second");
  audit_->reopen({});
  write("nowhere");
  audit_->reopen(path_);
  write("third");
  close();
  EXPECT_THAT(content(home_ / "other.jsonl"), HasSubstr("second"));
  EXPECT_THAT(content(path_), HasSubstr("first"));
  EXPECT_THAT(content(path_), HasSubstr("third"));
  EXPECT_THAT(content(path_) + content(home_ / "other.jsonl"), testing::Not(HasSubstr("nowhere")));
}

TEST_F(an_audit_log, that_cannot_be_written_stops_nobody_and_is_counted_and_logged_once) {
  path_ = home_ / "missing" / "audit.jsonl";
  open();
  for (int i = 0; i < 100; ++i) write("acme");
  while (!audit_->failing()) std::this_thread::yield();
  close();
  EXPECT_GE(std::stoi(errors_counted(metrics_)), 100) << "each line lost at the end counts";
  const std::string log = log_.text();
  EXPECT_THAT(log, HasSubstr("audit.failed"));
  EXPECT_EQ(log.find("audit.failed"), log.rfind("audit.failed"));
  EXPECT_THAT(log, HasSubstr("missing/audit.jsonl"));
}

TEST_F(an_audit_log, that_comes_back_gets_the_lines_that_waited) {
  path_ = home_ / "missing" / "audit.jsonl";
  open();
  write("waited");
  while (!audit_->failing()) std::this_thread::yield();
  std::filesystem::create_directory(home_ / "missing");
  audit_->reopen(path_);
  while (audit_->failing()) std::this_thread::yield();
  close();
  EXPECT_THAT(content(path_), HasSubstr("waited"));
  EXPECT_THAT(log_.text(), HasSubstr("audit.recovered"));
}

TEST_F(an_audit_log, at_a_pipe_that_nobody_reads_does_not_hang) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  open();
  write("acme");
  close();
  EXPECT_NE(errors_counted(metrics_), "0");
}

/// As another user who can't be dumped: may not open his own descriptors by name (proc(5)).
int write_to_a_standard_stream(const char* name, int number, const std::filesystem::path& file) {
  const int there = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(there, number);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (::setresuid(61'236, 61'236, 61'236) != 0) return tests::child_skipped;
  asio::io_context loop;
  tests::hand_clock time{loop};
  metrics::daemon_metrics metrics{"0", "0"};
  logger log({log_level::error, log_format::json, ::open("/dev/null", O_WRONLY), 16});
  EXPECT_TRUE(audit_file::look(name));
  {
    audit audit(name, time, log, metrics);
    audit.commanded("sync", "acme", {}, "done");
  }
  EXPECT_EQ(errors_counted(metrics), "0");
  return tests::child_passed;
}

TEST_F(an_audit_log, on_a_standard_stream_is_written_by_whoever_has_it) {
  if (tests::has_thread_sanitizer)
    GTEST_SKIP() << "ThreadSanitizer lets a forked child have no threads";
  for (const auto& stream :
       {std::pair{"/dev/stdout", STDOUT_FILENO}, std::pair{"/dev/stderr", STDERR_FILENO},
        std::pair{"/dev/fd/1", STDOUT_FILENO}, std::pair{"/proc/self/fd/2", STDERR_FILENO}}) {
    const auto write = [&] {
      return write_to_a_standard_stream(stream.first, stream.second, path_);
    };
    const int code = tests::in_child(write);
    if (code == tests::child_skipped) GTEST_SKIP() << "only root may become another user";
    EXPECT_EQ(code, tests::child_passed) << stream.first;
    EXPECT_THAT(content(path_), HasSubstr("\"acme\"")) << stream.first;
  }
}

/// A pipe says that it has room, and then the line is longer than that.
int end_while_a_write_hangs(const std::filesystem::path& file) {
  int ends[2];
  if (::pipe(ends) != 0) return tests::child_failed;
  ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  ::dup2(ends[1], STDOUT_FILENO);
  asio::io_context loop;
  tests::hand_clock time{loop};
  metrics::daemon_metrics metrics{"0", "0"};
  const int there = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
  logger log({log_level::info, log_format::json, there, 16});
  {
    audit audit("/dev/stdout", time, log, metrics);
    audit.commanded("sync", std::string(100'000, 'w'), {}, "done");
    int there_now = 0;
    while (there_now == 0) ::ioctl(ends[0], FIONREAD, &there_now);
    audit.commanded("sync", "acme", {}, "done");
  }
  EXPECT_EQ(errors_counted(metrics), "2") << "the line under way and the one that waited";
  return tests::child_passed;
}

TEST_F(an_audit_log, that_hangs_keeps_nobody_from_ending) {
  if (tests::has_thread_sanitizer)
    GTEST_SKIP() << "ThreadSanitizer lets a forked child have no threads";
  const auto file = home_ / "log";
  EXPECT_EQ(tests::in_child([&] { return end_while_a_write_hangs(file); }), tests::child_passed);
  EXPECT_THAT(content(file), HasSubstr("audit.left"));
}

TEST_F(an_audit_log, that_is_not_wanted_takes_everything_and_does_nothing) {
  path_.clear();
  open();
  write("acme");
  audit_->reopen(path_);
  EXPECT_FALSE(audit_->failing());
}

/// All lines of a file, each of them whole.
bool has_whole_lines(const std::filesystem::path& path, std::size_t count) {
  std::ifstream file(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    if (!line.starts_with("{") || !line.ends_with("}") || line.find('{', 1) != std::string::npos)
      return false;
  }
  return lines == count;
}

/// What `work` says of an audit log on a disk of 16 KiB, in a process of its own.
template <class Work>
void expect_on_a_small_disk(Work work) {
  const int code = tests::in_child([&] {
    const tests::temporary_directory home;
    if (!tests::mount_small_disk(home.path().string(), 16'384)) return tests::child_skipped;
    asio::io_context loop;
    tests::hand_clock time{loop};
    metrics::daemon_metrics metrics{"0", "0"};
    tests::captured_log log;
    const auto path = home / "audit.jsonl";
    const auto open = [&] { return std::make_unique<audit>(path, time, log.get(), metrics); };
    return work(home, path, open) ? tests::child_passed : tests::child_failed;
  });
  if (code == tests::child_skipped) GTEST_SKIP() << "mounting isn't permitted here";
  EXPECT_EQ(code, tests::child_passed);
}

TEST(audit_on_a_full_disk, leaves_no_half_line_to_a_reload) {
  expect_on_a_small_disk([](const auto& home, const auto& path, const auto& open) {
    std::ofstream{home / "fill"} << std::string(9'000, 'x');
    auto log = open();
    for (int i = 0; i < 100; ++i) log->commanded("sync", "acme", {}, "done");
    while (!log->failing()) std::this_thread::yield();
    log->reopen(path);
    std::filesystem::remove(home / "fill");
    log.reset();
    return has_whole_lines(path, 100);
  });
}

TEST(audit_on_a_full_disk, keeps_lines_whole) {
  expect_on_a_small_disk([](const auto& home, const auto& path, const auto& open) {
    auto log = open();
    for (int i = 0; i < 500; ++i) log->commanded("sync", "acme", {}, "done");
    while (!log->failing()) std::this_thread::yield();
    // Room again: another file took it.
    std::filesystem::rename(path, home / "old");
    std::filesystem::remove(home / "old");
    log->reopen(path);
    while (log->failing() && !std::filesystem::exists(path)) std::this_thread::yield();
    log.reset();
    std::ifstream file(path);
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
      if (!file.eof() && !(line.starts_with("{") && line.ends_with("}"))) return false;
    }
    return lines > 0;
  });
}

}  // namespace
}  // namespace tokensyncd::telemetry
