#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/certificates.hpp"
#include "tests/support/count_of.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/files.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/small_disk.hpp"

namespace tokensyncd::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int all_well = 0;
constexpr int online_trouble = 1;
constexpr int bad_configuration = 78;

class check_test : public testing::Test {
 protected:
  finished check() { return daemon_.command({"check"}); }
  finished check_online() { return daemon_.command({"check", "--online"}); }

  /// Every name below the daemon's directory.
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& each : std::filesystem::recursive_directory_iterator{daemon_.directory()})
      all.insert(each.path().string());
    return all;
  }

  [[nodiscard]] std::filesystem::path in_directory(const char* name) const {
    return daemon_.directory() / name;
  }

  void configure(daemon_options options) {
    if (options.workspaces.empty()) options.workspaces = {"acme"};
    daemon_.configure(std::move(options));
  }

  sandbox api_{{.workspaces = {"acme", "beta"}}};
  daemon daemon_{api_, {.workspaces = {"acme"}}};
};

TEST_F(check_test, finds_nothing_wrong_where_all_is_well_asks_nobody_and_leaves_nothing) {
  configure({.sink_more = "group: \"" + std::to_string(::getegid()) + "\"",
             .more = "audit: {file: audit.jsonl}\n"});
  const auto before = names();
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, all_well);
  EXPECT_THAT(ended.errors, IsEmpty());
  EXPECT_THAT(ended.output, HasSubstr("no problem found for this user"));
  EXPECT_EQ(names(), before);
  EXPECT_EQ(api_.count("requests"), 0U);
}

TEST_F(check_test, tells_everything_at_once_with_key_and_remedy_and_mends_nothing) {
  configure({.sink_more = "owner: no-such-user\ngroup: no-such-group",
             .more = "audit: {file: log/audit.jsonl}\n",
             .state = "{type: sqlite, file: state/state.db}"});
  auto text = read_file(daemon_.config_file());
  text.replace(text.find("socket: control.sock"), 20, "socket: run/a.sock");
  write_file(daemon_.config_file(), text);
  std::filesystem::remove(in_directory("tokens"));
  const auto before = names();
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors,
              HasSubstr("tokensyncd: sinks.files.path: the directory " +
                        in_directory("tokens").string() + " does not exist: create it"));
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: sinks.files.owner: this system knows no user"));
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: sinks.files.group: this system knows no group"));
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: state.file: "));
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: admin.socket: "));
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: audit.file: "));
  EXPECT_EQ(count_of(ended.errors, "tokensyncd: "), 6U) << ended.errors;
  EXPECT_EQ(names(), before);
}

TEST_F(check_test, looks_at_a_directory_once_however_many_workspaces_it_is_for) {
  daemon_options options;
  for (int i = 0; i < 300; ++i) options.workspaces.push_back("shop" + std::to_string(i));
  configure(options);
  std::filesystem::remove(in_directory("tokens"));
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_EQ(count_of(ended.errors, "tokensyncd: "), 1U) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("(concerns 300 workspaces)"));
}

TEST_F(check_test, names_a_file_where_a_directory_should_be) {
  std::filesystem::remove(in_directory("tokens"));
  write_file(in_directory("tokens"), "");
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr(in_directory("tokens").string() + " is not a directory"));
}

TEST_F(check_test, names_what_the_sink_would_refuse_in_the_places_of_files) {
  configure({.workspaces = {"acme", "beta"}});
  std::filesystem::create_symlink("elsewhere", daemon_.token_file("acme"));
  std::filesystem::create_directory(daemon_.token_file("beta"));
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr(daemon_.token_file("acme").string() + " is a symbolic link"));
  EXPECT_THAT(ended.errors,
              HasSubstr(daemon_.token_file("beta").string() + " is not a regular file"));
}

TEST_F(check_test, names_what_stands_where_the_daemons_own_files_should) {
  configure({.more = "audit: {file: audit.jsonl}\n"});
  for (const char* name : {"state.db", "control.sock", "audit.jsonl"})
    std::filesystem::create_directory(in_directory(name));
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr("state.db is a directory"));
  EXPECT_THAT(ended.errors, HasSubstr("a file that is not a socket is in its place"));
  EXPECT_THAT(ended.errors, HasSubstr("audit.jsonl cannot be opened: it is a directory"));
}

TEST_F(check_test, takes_no_offence_at_a_daemon_that_runs) {
  daemon_.start();
  const auto ended = check_online();
  EXPECT_EQ(ended.exit_code, all_well) << ended.errors;
}

TEST_F(check_test, refuses_a_ca_file_without_certificates_beside_the_rest) {
  write_file(in_directory("ca.pem"), "no certificate\n");
  auto text = read_file(daemon_.config_file());
  text.replace(text.find(api_.ca_file().string()), api_.ca_file().string().size(), "ca.pem");
  write_file(daemon_.config_file(), text);
  std::filesystem::remove(in_directory("tokens"));
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, AllOf(HasSubstr("tokensyncd: partner: "), HasSubstr("ca.pem")));
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: sinks.files.path: "));
  const auto online = check_online();
  EXPECT_EQ(online.exit_code, bad_configuration);
  EXPECT_THAT(online.output, HasSubstr("1 not checked"));
}

TEST_F(check_test, warns_of_a_partner_secret_that_everybody_may_read_and_is_0) {
  ::chmod(daemon_.secret_file().c_str(), 0644);
  const auto ended = check();
  EXPECT_EQ(ended.exit_code, all_well);
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: warning: partner.secret_file: "));
}

/// `check` as somebody whom the kernel asks for permission: root without the capabilities that
/// would answer for him, anybody else as he is.
finished check_without_capabilities(const daemon& one) {
  if (::geteuid() != 0) return one.command({"check"});
  const std::string gone = "-chown,-dac_override,-dac_read_search,-net_bind_service";
  return one.command({"check"},
                     {"/usr/bin/setpriv", "--bounding-set", gone, "--inh-caps", gone, "--"});
}

TEST_F(check_test, names_directories_that_may_not_be_written) {
  configure({.workspaces = {"acme", "beta"},
             .more = "audit: {file: closed/audit.jsonl}\n",
             .state = "{type: sqlite, file: closed/state.db}"});
  std::filesystem::create_directory(in_directory("closed"));
  for (const char* name : {"closed", "tokens"}) ::chmod(in_directory(name).c_str(), 0555);
  const auto ended = check_without_capabilities(daemon_);
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr("sinks.files.path: the daemon's user may not write in " +
                                      in_directory("tokens").string()));
  EXPECT_THAT(ended.errors, HasSubstr("(concerns 2 workspaces)"));
  EXPECT_THAT(ended.errors, HasSubstr("state.file: "));
  EXPECT_THAT(ended.errors, HasSubstr("audit.file: "));
  EXPECT_THAT(ended.errors, Not(HasSubstr("admin.socket")));
}

TEST_F(check_test, names_an_owner_that_needs_cap_chown_and_a_port_that_needs_cap_net_bind_service) {
  configure({.sink_more = "owner: \"12345\""});
  auto text = read_file(daemon_.config_file());
  text.replace(text.find("listen: []"), 10, "listen: [\"127.0.0.1:80\"]");
  write_file(daemon_.config_file(), text);
  const auto ended = check_without_capabilities(daemon_);
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, AllOf(HasSubstr("sinks.files.owner: "), HasSubstr("CAP_CHOWN")));
  EXPECT_THAT(ended.errors, AllOf(HasSubstr("admin.listen: "), HasSubstr("CAP_NET_BIND_SERVICE")));
}

TEST_F(check_test, names_a_group_that_its_user_is_no_member_of_unless_the_directory_hands_it_on) {
  configure({.sink_more = "group: \"12345\""});
  const auto refused = check_without_capabilities(daemon_);
  EXPECT_EQ(refused.exit_code, bad_configuration);
  EXPECT_THAT(refused.errors, HasSubstr("sinks.files.group: "));
  if (::geteuid() != 0) GTEST_SKIP() << "giving a directory to another group isn't permitted here";
  ASSERT_EQ(::chown(in_directory("tokens").c_str(), 0, 12345), 0);
  ASSERT_EQ(::chmod(in_directory("tokens").c_str(), 02755), 0);
  const auto ended = check_without_capabilities(daemon_);
  EXPECT_EQ(ended.exit_code, all_well) << ended.errors;
}

int check_on_a_read_only_file_system() {
  sandbox api{{.workspaces = {"acme"}}};
  daemon daemon{api, {.workspaces = {"acme"}}};
  const auto tokens = daemon.directory() / "tokens";
  if (!mount_small_disk(tokens, 256U << 10U)) return child_skipped;
  if (::mount("none", tokens.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
    return child_skipped;
  const auto ended = daemon.command({"check"});
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr("mounted read-only"));
  ::umount2(tokens.c_str(), MNT_DETACH);
  return child_passed;
}

// Not in the fixture, whose sandbox has a thread already: a fork leaves that behind.
TEST(check_on_a_disk, names_a_file_system_that_is_read_only) {
  const int code = in_child(check_on_a_read_only_file_system);
  if (code == child_skipped) GTEST_SKIP() << "mounting isn't permitted here";
  EXPECT_EQ(code, child_passed);
}

TEST_F(check_test, online_names_each_workspace_that_is_gone_or_anothers_and_makes_no_token) {
  api_.change("other", {{"exists", true}, {"owned", false}});
  configure({.workspaces = {"acme", "beta", "ghost", "other"}});
  const auto before = names();
  const auto ended = check_online();
  EXPECT_EQ(ended.exit_code, online_trouble);
  EXPECT_THAT(ended.errors, HasSubstr("workspace ghost: "));
  EXPECT_THAT(ended.errors, HasSubstr("workspace other: "));
  EXPECT_EQ(count_of(ended.errors, "tokensyncd: "), 2U) << ended.errors;
  EXPECT_THAT(ended.output,
              HasSubstr("online: 2 of 4 workspaces exist and belong to this partner, 1 not found, "
                        "1 not this partner's"));
  EXPECT_EQ(api_.count("acme", "gets"), 0U);
  EXPECT_EQ(names(), before);
}

TEST_F(check_test, warns_of_a_certificate_that_expires_soon_and_refuses_an_expired_one) {
  const certificate_authority authority{daemon_.directory(), "authority"};
  const auto configure_with = [&](std::chrono::hours from, std::chrono::hours until) {
    const auto pair = authority.issue(
        "shown", {.names = {"localhost"}, .valid_from = from, .valid_until = until});
    configure({.more = "webhook: {listen: [\"127.0.0.1:0\"], tls: {cert_file: " +
                       pair.certificate.string() + ", key_file: " + pair.key.string() + "}}\n"});
    return check();
  };
  using namespace std::chrono_literals;
  auto ended = configure_with(-1h, 15 * 24h);
  EXPECT_THAT(ended.errors, IsEmpty());
  ended = configure_with(-1h, 13 * 24h);
  EXPECT_EQ(ended.exit_code, all_well);
  EXPECT_THAT(ended.errors, HasSubstr("warning: webhook.tls: the certificate of webhook "
                                      "expires in 12 days ("));
  ended = configure_with(-3h, -1h);
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr("webhook.tls: the certificate of webhook has "
                                      "expired ("));
}

TEST_F(check_test, online_warns_of_a_clock_that_is_not_the_apis) {
  api_.set({{"clock_offset_s", 100}});
  const auto ended = check_online();
  EXPECT_THAT(ended.errors, testing::ContainsRegex("warning: clock: this machine's clock is "
                                                   "(99|10[01]) s behind the Partner API's"));
  EXPECT_THAT(ended.output, HasSubstr("warning"));
}

TEST_F(check_test, online_tries_the_credentials_once_before_it_asks_for_the_rest) {
  write_file(daemon_.secret_file(), "wrong");
  daemon_options options;
  for (int i = 0; i < 50; ++i) options.workspaces.push_back("shop" + std::to_string(i));
  configure(options);
  const auto ended = check_online();
  EXPECT_EQ(ended.exit_code, online_trouble);
  EXPECT_THAT(ended.errors, HasSubstr("tokensyncd: partner: "));
  EXPECT_THAT(ended.errors, HasSubstr("partner.secret_file"));
  EXPECT_EQ(count_of(ended.errors, "tokensyncd: "), 1U) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("49 not checked"));
  EXPECT_LE(api_.count("requests"), 2U);
}

TEST_F(check_test, online_asks_no_more_when_the_api_says_slow_down) {
  daemon_options options{.partner_more = "max_connections: 1"};
  for (int i = 0; i < 50; ++i) options.workspaces.push_back("shop" + std::to_string(i));
  configure(options);
  api_.set({{"any_workspace", true}});
  api_.when_anyone().endpoint("details").answer(429, "too_many").skip(5);
  const auto ended = check_online();
  EXPECT_EQ(ended.exit_code, online_trouble);
  EXPECT_THAT(ended.output, HasSubstr("5 of 50 workspaces exist and belong to this partner, "
                                      "1 failed, 44 not checked"));
  EXPECT_EQ(api_.count("requests"), 6U);
}

TEST_F(check_test, online_keeps_to_the_rate_limit) {
  constexpr int rate = 40;
  constexpr int burst = 10;
  daemon_options options{.rate_limit = std::to_string(rate) + "/s"};
  for (int i = 0; i < 60; ++i) options.workspaces.push_back("shop" + std::to_string(i));
  configure(options);
  api_.set({{"any_workspace", true}});
  EXPECT_EQ(check_online().exit_code, all_well);
  const auto log = api_.log();
  ASSERT_EQ(log.size(), 60U);
  const double seconds = static_cast<double>(log.back().at_ns - log.front().at_ns) / 1e9;
  EXPECT_GE(seconds * rate, 60 - burst - 2);
}

TEST_F(check_test, a_broken_place_is_78_online_too_and_told_once_beside_what_the_api_says) {
  configure({.workspaces = {"ghost"}});
  std::filesystem::remove(in_directory("tokens"));
  const auto ended = check_online();
  EXPECT_EQ(ended.exit_code, bad_configuration);
  EXPECT_THAT(ended.errors, HasSubstr("workspace ghost: "));
  EXPECT_EQ(count_of(ended.errors, "does not exist: create it"), 1U);
}

}  // namespace
}  // namespace tokensyncd::tests
