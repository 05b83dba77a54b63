#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/held_file.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using std::filesystem::path;
using ::testing::AllOf;
using ::testing::HasSubstr;

raw_server_options over(const key_pair& files) {
  raw_server_options options;
  options.tls = files;
  return options;
}

certificate_request for_api_test() {
  certificate_request what;
  what.names = {"api.test"};
  return what;
}

std::string read_file(const path& file) {
  std::ifstream from{file};
  return {std::istreambuf_iterator<char>{from}, {}};
}

void write_file(const path& file, std::string_view content) {
  std::ofstream{file} << content;
}

/// Puts `content` in the place of `file` by a rename.
void replace(const path& file, const std::string& content) {
  const path beside = file.string() + ".new";
  write_file(beside, content);
  std::filesystem::rename(beside, file);
}

/// Variables of this process, for as long as it lives.
struct environment {
  explicit environment(std::map<const char*, path> all) : variables(std::move(all)) {
    for (const auto& [name, value] : variables) ::setenv(name, value.c_str(), 1);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() {
    for (const auto& one : variables) ::unsetenv(one.first);
  }
  std::map<const char*, path> variables;
};

/// What authorities are believed, now and after their files have changed.
class client_authorities : public ::testing::Test {
 protected:
  /// A client of `api.test`, which is on this machine; it looks at its files before each call.
  http::client_options options_for(const raw_server& server, const path& ca_file) const {
    http::client_options options;
    options.origin = "https://api.test:" + std::to_string(server.port());
    options.tls.ca_file = ca_file;
    options.limits.renewal = http::milliseconds{0};
    options.look_up = [](const std::string&) {
      return result<http::addresses>{http::addresses{asio::ip::make_address("127.0.0.1")}};
    };
    return options;
  }

  /// A client that believes the system's authorities, which these variables name.
  caller system_client(const raw_server& server, std::map<const char*, path> variables) const {
    const environment set{std::move(variables)};
    return caller(options_for(server, {}));
  }

  /// A file with the certificates of `all`, one after the other.
  path file_of(const std::string& name, std::initializer_list<path> all) const {
    std::string text;
    for (const auto& one : all) text += read_file(one);
    const path made = directory_ / name;
    write_file(made, text);
    return made;
  }

  path hashed_directory(const std::string& name, const certificate_authority& with) const {
    const path made = directory_ / name;
    std::filesystem::create_directory(made);
    std::filesystem::copy_file(with.file(), made / with.hashed_name());
    return made;
  }

  temporary_directory directory_;
  certificate_authority ours_{directory_.path(), "ours"};
  certificate_authority other_{directory_.path(), "other"};
};

TEST_F(client_authorities, of_a_file_that_was_replaced_are_believed_at_once_and_the_old_no_more) {
  const auto files = ours_.issue("good", for_api_test());
  raw_server server(over(files), answer_each);
  const path ca_file = file_of("ca.pem", {ours_.file()});
  caller calls(options_for(server, ca_file));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(calls.get().body, "hello");
  EXPECT_EQ(calls.client().connections_opened(), 1U) << "nothing has changed";

  // The kept connection, and its session, come from an authority that has left.
  replace(ca_file, read_file(other_.file()));
  EXPECT_THAT(calls.get().sentence, HasSubstr("is not among ca_file"));
  EXPECT_EQ(calls.get().failed, failure_kind::tls);

  write_file(ca_file, read_file(other_.file()) + read_file(ours_.file()));
  const auto again = calls.get();
  EXPECT_EQ(again.body, "hello") << again.sentence;
}

TEST_F(client_authorities, of_a_file_whose_disk_hangs_are_those_of_before_until_it_answers) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const path ca_file = file_of("ca.pem", {ours_.file()});
  const path next = file_of("next.pem", {other_.file()});
  caller calls(options_for(server, ca_file));
  EXPECT_EQ(calls.get().body, "hello");

  held_file disk{next};
  std::filesystem::rename(next, ca_file);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(calls.get().body, "hello");
  EXPECT_TRUE(disk.is_waited_for());
  EXPECT_EQ(calls.client().connections_opened(), 1U);
  disk.release();
  EXPECT_TRUE(eventually([&] { return calls.get().failed == failure_kind::tls; }));
}

TEST_F(client_authorities, that_hang_hold_up_neither_a_new_connection_nor_the_end) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const path ca_file = file_of("ca.pem", {ours_.file()});
  const path next = file_of("next.pem", {ours_.file()});
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, {});
  };
  const auto before = threads();
  {
    const held_file disk{next};
    {
      caller calls(options_for(server, ca_file));
      std::filesystem::rename(next, ca_file);
      const auto got = calls.get();
      EXPECT_EQ(got.body, "hello") << got.sentence;
      EXPECT_TRUE(disk.is_waited_for());
    }
    EXPECT_TRUE(disk.is_waited_for());
  }
  // The thread that reads outlives the client, and must not outlive OpenSSL.
  EXPECT_TRUE(eventually([&] { return threads() == before; }));
}

TEST_F(client_authorities, of_a_file_behind_switched_links_are_noticed) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  for (const char* name : {"v1", "v2"}) std::filesystem::create_directory(directory_ / name);
  write_file(directory_ / "v1/ca.pem", read_file(other_.file()));
  write_file(directory_ / "v2/ca.pem", read_file(ours_.file()));
  std::filesystem::create_symlink("v1", directory_ / "..data");
  std::filesystem::create_symlink("..data/ca.pem", directory_ / "ca.pem");
  caller calls(options_for(server, directory_ / "ca.pem"));
  EXPECT_EQ(calls.get().failed, failure_kind::tls);
  std::filesystem::create_symlink("v2", directory_ / "..data_tmp");
  std::filesystem::rename(directory_ / "..data_tmp", directory_ / "..data");
  EXPECT_EQ(calls.get().body, "hello");
}

TEST_F(client_authorities, stay_in_force_where_the_new_file_cannot_be_used_and_errors_say_so) {
  raw_server good(over(ours_.issue("good", for_api_test())), answer_each);
  raw_server bad(over(other_.issue("bad", for_api_test())), answer_each);
  const path ca_file = file_of("ca.pem", {ours_.file()});
  caller calls(options_for(good, ca_file));
  caller refused(options_for(bad, ca_file));
  EXPECT_EQ(calls.get().body, "hello");
  for (const char* text : {"", "no certificate"}) {
    replace(ca_file, text);
    EXPECT_EQ(calls.get().body, "hello");
    EXPECT_THAT(refused.get().sentence,
                AllOf(HasSubstr("is not among ca_file"), HasSubstr("is not used: cannot use")));
  }
  std::filesystem::remove(ca_file);
  EXPECT_EQ(calls.get().body, "hello");
  EXPECT_EQ(calls.client().connections_opened(), 1U);
}

TEST_F(client_authorities, are_looked_at_for_each_new_connection_however_long_kept_ones_may_wait) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const path ca_file = file_of("ca.pem", {other_.file()});
  auto options = options_for(server, ca_file);
  options.limits.renewal = std::chrono::hours{1};
  caller calls(options);
  EXPECT_EQ(calls.get().failed, failure_kind::tls);
  replace(ca_file, read_file(ours_.file()));
  EXPECT_EQ(calls.get().body, "hello");
}

TEST_F(client_authorities, may_be_a_root_an_issuing_authority_or_the_server_itself) {
  const auto issuing = ours_.issue_authority("issuing");
  auto files = issuing.issue("good", for_api_test());
  const path own = file_of("own.pem", {files.certificate});
  write_file(files.certificate, read_file(files.certificate) + read_file(issuing.file()));
  raw_server server(over(files), answer_each);
  for (const path& one : {ours_.file(), issuing.file(), own}) {
    const auto got = caller(options_for(server, one)).get();
    EXPECT_EQ(got.body, "hello") << one << got.sentence;
  }
  EXPECT_EQ(caller(options_for(server, other_.file())).get().failed, failure_kind::tls);

  // Whose certificate it is counts nevertheless.
  raw_server elsewhere(over(files), answer_each);
  auto options = options_for(elsewhere, own);
  options.tls.server_name = "other.test";
  EXPECT_THAT(caller(options).get().sentence, HasSubstr("another host name"));
}

TEST_F(client_authorities, of_the_system_are_in_its_bundle_too) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const path empty = directory_ / "empty";
  std::filesystem::create_directory(empty);
  const path key = directory_ / "ours-key.pem";
  const path bundle = file_of("bundle.pem", {other_.file(), key, ours_.file()});
  write_file(bundle, "# a comment\n" + read_file(bundle));
  auto calls = system_client(server, {{"SSL_CERT_FILE", bundle}, {"SSL_CERT_DIR", empty}});
  const auto got = calls.get();
  EXPECT_EQ(got.body, "hello") << got.sentence;

  replace(bundle, read_file(other_.file()));
  EXPECT_THAT(calls.get().sentence, AllOf(HasSubstr(bundle.string()), HasSubstr(empty.string())));
  replace(bundle, read_file(ours_.file()));
  EXPECT_EQ(calls.get().body, "hello");
}

TEST_F(client_authorities, of_the_same_name_are_told_apart_in_a_bundle) {
  std::filesystem::create_directory(directory_ / "older");
  const certificate_authority older{directory_ / "older", "ours"};
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const path bundle = file_of("bundle.pem", {older.file(), ours_.file()});
  const path nowhere = directory_ / "nowhere";
  auto calls = system_client(server, {{"SSL_CERT_FILE", bundle}, {"SSL_CERT_DIR", nowhere}});
  EXPECT_EQ(calls.get().body, "hello");
  replace(bundle, read_file(older.file()));
  EXPECT_EQ(calls.get().failed, failure_kind::tls);
}

TEST_F(client_authorities, of_a_broken_bundle_are_those_before_the_break) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const std::string good = read_file(ours_.file());
  const std::string half = read_file(other_.file()).substr(0, 200);
  const path nowhere = directory_ / "nowhere";
  const path bundle = directory_ / "bundle.pem";
  for (const auto& [text, believed] :
       std::map<std::string, bool>{{good + half, true}, {half, false}, {"", false}}) {
    write_file(bundle, text);
    auto calls = system_client(server, {{"SSL_CERT_FILE", bundle}, {"SSL_CERT_DIR", nowhere}});
    EXPECT_EQ(calls.get().body == "hello", believed) << text;
  }
}

TEST_F(client_authorities, of_the_systems_directory_may_be_replaced_in_any_way) {
  raw_server server(over(ours_.issue("good", for_api_test())), answer_each);
  const path first = hashed_directory("first", ours_);
  const path second = hashed_directory("second", other_);
  const path link = directory_ / "link";
  std::filesystem::create_directory_symlink(first, link);
  const path nothing = directory_ / "nothing";
  auto calls = system_client(server, {{"SSL_CERT_FILE", nothing}, {"SSL_CERT_DIR", link}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(calls.get().body, "hello");
  EXPECT_EQ(calls.client().connections_opened(), 1U);

  const path next = directory_ / "next";
  std::filesystem::create_directory_symlink(second, next);
  std::filesystem::rename(next, link);
  EXPECT_EQ(calls.get().failed, failure_kind::tls) << "the directory is another one";
  std::filesystem::copy(first, second);
  EXPECT_EQ(calls.get().body, "hello") << "an authority came";
  write_file(second / ours_.hashed_name(), read_file(other_.file()));
  EXPECT_EQ(calls.get().failed, failure_kind::tls) << "a file was written in place";
}

}  // namespace
}  // namespace tokensyncd::tests
