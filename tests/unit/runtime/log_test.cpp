#include "daemon/runtime/log/log.hpp"

#include <array>
#include <cerrno>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "daemon/runtime/log/log_sinks.hpp"
#include "tests/support/captured_log.hpp"

namespace tokensyncd {
namespace {

using tests::captured_log;

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

class a_pipe : public testing::Test {
 protected:
  a_pipe() {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
  }
  ~a_pipe() override {
    for (const int end : ends_) ::close(end);
  }

  std::string read_until_closed() const {
    std::string all;
    std::array<char, 4096> buffer;
    for (ssize_t got = 0; (got = ::read(ends_[0], buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

  std::array<int, 2> ends_{-1, -1};
};

TEST(log, writes_whole_lines_in_order) {
  captured_log log;
  log.get().info("token.rotated", "The token was rotated.", {{"workspace", "a{}%n"}});
  log.get().error("sink.failed", "The disk is full.");
  const std::string text = log.text();
  EXPECT_EQ(count(text, "\n"), 2U);
  EXPECT_NE(text.find(R"("workspace":"a{}%n"})"), std::string::npos);
  EXPECT_LT(text.find("token.rotated"), text.find("sink.failed"));
}

TEST(log, leaves_out_what_is_below_its_level_and_a_reload_changes_that) {
  captured_log log(log_level::info);
  log.get().debug("one", "Left out.");
  log.get().set_level(log_level::debug);
  EXPECT_TRUE(log.get().enabled(log_level::debug));
  log.get().debug("two", "Written.");
  log.get().set_level(log_level::error);
  log.get().warning("three", "Left out.");
  const std::string text = log.text();
  EXPECT_EQ(count(text, "\n"), 1U);
  EXPECT_NE(text.find("\"two\""), std::string::npos);
}

TEST(log, changes_its_format_with_the_next_line) {
  captured_log log(log_level::info, log_format::json);
  log.get().info("one", "As JSON.");
  log.get().set_format(log_format::text);
  EXPECT_EQ(log.get().format(), log_format::text);
  log.get().info("two", "As text.");
  const std::string text = log.text();
  EXPECT_NE(text.find("\"event\":\"one\""), std::string::npos);
  EXPECT_NE(text.find("INFO  two: As text.\n"), std::string::npos);
}

TEST(log, takes_a_line_that_is_larger_than_a_pipe) {
  captured_log log;
  const std::string sentence(100'000, 'x');
  log.get().info("long", sentence);
  EXPECT_NE(log.text().find(sentence), std::string::npos);
}

TEST_F(a_pipe, that_nobody_reads_stops_nobody_and_what_was_dropped_is_told_later) {
  constexpr std::size_t lines = 5'000;
  std::optional<logger> log(std::in_place,
                            log_options{log_level::info, log_format::json, ends_[1], 64});
  for (std::size_t i = 0; i < lines; ++i) log->info("a.line", "One of many.");

  std::string received;
  std::thread reader([&] { received = read_until_closed(); });
  log.reset();
  ::close(std::exchange(ends_[1], -1));
  reader.join();

  std::size_t dropped = 0;
  const std::string_view key = "\"lines\":";
  for (std::size_t at = 0; (at = received.find(key, at)) != std::string::npos; ++at) {
    dropped += std::stoul(received.substr(at + key.size()));
  }
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(count(received, "\"a.line\"") + dropped, lines);
  EXPECT_EQ(received.back(), '\n');
}

TEST_F(a_pipe, that_nobody_ever_reads_does_not_hold_up_the_end) {
  std::optional<logger> log(std::in_place,
                            log_options{log_level::info, log_format::json, ends_[1], 64});
  for (int i = 0; i < 500; ++i) log->info("a.line", "One of many.");
  log.reset();
}

TEST_F(a_pipe, whose_reader_is_gone_is_no_signal_and_no_error) {
  ::close(std::exchange(ends_[0], -1));
  logger log({log_level::info, log_format::json, ends_[1], 64});
  log.info("a.line", "Nobody hears it.");
}

TEST_F(a_pipe, is_not_the_journal_unless_the_environment_names_it) {
  struct stat there{};
  ASSERT_EQ(::fstat(ends_[1], &there), 0);
  const std::string name = std::to_string(there.st_dev) + ":" + std::to_string(there.st_ino);
  EXPECT_EQ(choose_log_format(ends_[1], nullptr), log_format::json);
  EXPECT_EQ(choose_log_format(ends_[1], "1:2"), log_format::json);
  EXPECT_EQ(choose_log_format(ends_[1], name.c_str()), log_format::journal);
}

TEST(log_format_choice, is_text_on_a_terminal) {
  int master = -1;
  int terminal = -1;
  ASSERT_EQ(::openpty(&master, &terminal, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(choose_log_format(terminal, "1:2"), log_format::text);
  ::close(terminal);
  ::close(master);
}

TEST(journal_writer, gives_each_field_as_a_part_of_its_own) {
  std::vector<std::string> sent;
  journal_writer journal([&](const iovec* parts, int parts_count) {
    for (int i = 0; i < parts_count; ++i) {
      sent.emplace_back(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    }
    return 0;
  });
  EXPECT_TRUE(journal.write(std::string_view("MESSAGE=a b\0PRIORITY=6\0", 23)));
  EXPECT_EQ(sent, (std::vector<std::string>{"MESSAGE=a b", "PRIORITY=6"}));
}

TEST(journal_writer, says_when_the_journal_is_gone_and_never_throws) {
  journal_writer gone([](const iovec*, int) { return -ECONNREFUSED; });
  EXPECT_FALSE(gone.write("MESSAGE=x"));
  journal_writer broken([](const iovec*, int) -> int { throw std::bad_alloc(); });
  EXPECT_FALSE(broken.write("MESSAGE=x"));
}

TEST(log, goes_to_stderr_where_the_journal_is_gone) {
  if (::access("/run/systemd/journal/socket", W_OK) == 0) GTEST_SKIP() << "there is a journal";
  captured_log log(log_level::info, log_format::journal);
  log.get().info("token.rotated", "The token was rotated.", {{"workspace", "acme"}});
  const std::string text = log.text();
  EXPECT_NE(text.find("The token was rotated."), std::string::npos);
  EXPECT_NE(text.find("TOKENSYNCD_WORKSPACE=acme"), std::string::npos);
  EXPECT_EQ(text.find('\0'), std::string::npos);
}

}  // namespace
}  // namespace tokensyncd
