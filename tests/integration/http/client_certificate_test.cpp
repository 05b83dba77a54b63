#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto both_versions = {tls_version::v1_2, tls_version::v1_3};

class client_certificate : public ::testing::Test {
 protected:
  static certificate_request for_clients() {
    certificate_request what;
    what.names = {"client.test"};
    what.usage = "clientAuth";
    return what;
  }

  static void replace(const std::filesystem::path& file, const std::filesystem::path& by) {
    std::filesystem::rename(by, file);
  }

  raw_server_options server_options(tls_version newest = tls_version::v1_3) const {
    raw_server_options options;
    options.tls = server_;
    options.newest = newest;
    options.client_authority = ours_.file();
    return options;
  }

  http::client_options options_for(const raw_server& server) const {
    http::client_options options;
    options.origin = "https://127.0.0.1:" + std::to_string(server.port());
    options.tls.ca_file = ours_.file();
    return options;
  }

  http::client_options options_for(const raw_server& server, const key_pair& shown) const {
    auto options = options_for(server);
    options.tls.cert_file = shown.certificate;
    options.tls.key_file = shown.key;
    return options;
  }

  key_pair issue(const std::string& name) const { return ours_.issue(name, for_clients()); }

  /// Why a client can't be made with `shown`.
  std::string refusal_of(const key_pair& shown) const {
    http::client_options options;
    options.origin = "https://127.0.0.1";
    options.tls.cert_file = shown.certificate;
    options.tls.key_file = shown.key;
    try {
      asio::io_context loop;
      const http::client made(loop, options);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  }

  temporary_directory directory_;
  certificate_authority ours_{directory_.path(), "ours"};
  certificate_authority other_{directory_.path(), "other"};
  key_pair server_ = ours_.issue("server", {.names = {}, .addresses = {"127.0.0.1"}});
};

/// Answers who the client is, and whether its session was resumed, once a connection.
void answer_who(raw_connection& connection) {
  connection.read_request();
  const std::string body = connection.client_name() + (connection.resumed() ? " resumed" : " new");
  connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST_F(client_certificate, is_shown_to_a_server_that_wants_one) {
  for (const auto version : both_versions) {
    raw_server server(server_options(version), answer_who);
    caller calls(options_for(server, issue("client")));
    const auto got = calls.get();
    EXPECT_EQ(got.sentence, "");
    EXPECT_EQ(got.body, "client new");
    EXPECT_EQ(calls.get().body, "client resumed");
  }
}

TEST_F(client_certificate, is_asked_for_by_name_where_none_is_set) {
  for (const auto version : both_versions) {
    raw_server server(server_options(version), answer_who);
    const auto got = caller(options_for(server)).get();
    EXPECT_EQ(got.failed, failure_kind::tls);
    EXPECT_EQ(got.sentence,
              "127.0.0.1 requires a client certificate: set tls.cert_file and tls.key_file");
  }
}

TEST_F(client_certificate, is_missed_by_the_server_also_while_a_large_request_is_sent) {
  raw_server server(server_options(), answer_who);
  const std::string body(20'000'000, 'x');
  http::request what;
  what.method = http::method::put;
  what.target = "/";
  what.body = body;
  const auto got = caller(options_for(server)).call(what);
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("set tls.cert_file"));
}

TEST_F(client_certificate, of_a_foreign_authority_is_refused_with_what_to_do) {
  const auto foreign = other_.issue("foreign", for_clients());
  for (const auto version : both_versions) {
    raw_server server(server_options(version), answer_who);
    const auto got = caller(options_for(server, foreign)).get();
    EXPECT_EQ(got.failed, failure_kind::tls);
    EXPECT_THAT(got.sentence,
                AllOf(HasSubstr("127.0.0.1 does not know the authority of the client certificate"),
                      HasSubstr(foreign.certificate.string())));
  }
}

TEST_F(client_certificate, that_has_expired_is_refused_with_what_to_do) {
  auto old = for_clients();
  old.valid_from = std::chrono::hours{-24};
  old.valid_until = std::chrono::hours{-1};
  const auto expired = ours_.issue("expired", old);
  for (const auto version : both_versions) {
    raw_server server(server_options(version), answer_who);
    const auto got = caller(options_for(server, expired)).get();
    EXPECT_EQ(got.failed, failure_kind::tls);
    EXPECT_THAT(got.sentence,
                AllOf(HasSubstr("has expired"), HasSubstr(expired.certificate.string())));
  }
}

TEST_F(client_certificate, that_is_not_for_clients_is_refused_with_what_to_do) {
  raw_server server(server_options(), answer_who);
  const auto got = caller(options_for(server, server_)).get();
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("it is a client certificate"));
}

TEST_F(client_certificate, is_not_shown_as_the_old_one_once_it_was_renewed) {
  for (const auto version : both_versions) {
    raw_server server(server_options(version), answer_who);
    const auto files = issue("first");
    caller calls(options_for(server, files));
    EXPECT_EQ(calls.get().body, "first new");
    EXPECT_EQ(calls.get().body, "first resumed");

    const auto renewed = issue("second");
    replace(files.certificate, renewed.certificate);
    replace(files.key, renewed.key);
    EXPECT_EQ(calls.get().body, "second new");
    EXPECT_EQ(calls.get().body, "second resumed");
  }
}

TEST_F(client_certificate, of_before_is_resumed_by_no_session_of_a_connection_that_outlives_it) {
  std::promise<void> late;
  raw_server server(server_options(), [&](raw_connection& connection) {
    if (connection.index() == 0) {
      connection.read_request();
      connection.answer("hello");
      late.get_future().wait();
      connection.send_ticket();
    }
    answer_who(connection);
  });
  const auto files = issue("first");
  caller calls(options_for(server, files));
  EXPECT_EQ(calls.get().body, "hello");

  const auto renewed = issue("second");
  replace(files.certificate, renewed.certificate);
  replace(files.key, renewed.key);
  http::request what;
  what.target = "/";
  outcome on_the_old;
  outcome on_a_new;
  calls.start(what, on_the_old);
  calls.start(what, on_a_new);
  calls.run_until([&] { return on_a_new.done; });
  EXPECT_EQ(on_a_new.body, "second new");
  late.set_value();
  calls.run_until([&] { return on_the_old.done; });
  EXPECT_EQ(on_the_old.body, "first new");
  EXPECT_EQ(calls.get().body, "second resumed");
}

TEST_F(client_certificate, stays_in_use_until_both_files_of_its_renewal_match) {
  raw_server server(server_options(), answer_who);
  const auto files = issue("first");
  caller calls(options_for(server, files));
  EXPECT_EQ(calls.get().body, "first new");

  const auto renewed = issue("second");
  replace(files.certificate, renewed.certificate);
  EXPECT_EQ(calls.get().body, "first resumed");
  std::filesystem::remove(files.key);
  EXPECT_EQ(calls.get().body, "first resumed");
  replace(files.key, renewed.key);
  EXPECT_EQ(calls.get().body, "second new");
}

TEST_F(client_certificate, that_is_refused_while_its_renewal_cannot_be_used_tells_why) {
  raw_server server(server_options(), answer_who);
  const auto files = other_.issue("foreign", for_clients());
  caller calls(options_for(server, files));
  EXPECT_THAT(calls.get().sentence, Not(HasSubstr("is not used")));
  replace(files.certificate, issue("half").certificate);
  EXPECT_THAT(calls.get().sentence,
              AllOf(HasSubstr("does not know the authority"), HasSubstr("is not used"),
                    HasSubstr("does not belong to the certificate")));
}

TEST_F(client_certificate, comes_with_those_between_it_and_its_authority) {
  // What was signed by an authority that only the client's file brings along is of no use, but
  // doesn't keep the pair from being used either.
  raw_server server(server_options(), answer_who);
  const auto files = issue("client");
  std::filesystem::path both = directory_.path() / "both.pem";
  std::filesystem::copy_file(files.certificate, both);
  std::ofstream(both, std::ios::app) << std::ifstream(other_.file()).rdbuf();
  EXPECT_EQ(caller(options_for(server, {both, files.key})).get().body, "client new");

  std::ofstream(both, std::ios::app) << "-----BEGIN CERTIFICATE-----\nAAAA\n";
  EXPECT_THAT(refusal_of({both, files.key}), HasSubstr(both.string()));
}

TEST_F(client_certificate, may_be_in_one_file_with_its_key) {
  raw_server server(server_options(), answer_who);
  const auto files = issue("client");
  std::ofstream(files.key, std::ios::app) << std::ifstream(files.certificate).rdbuf();
  EXPECT_EQ(caller(options_for(server, {files.key, files.key})).get().body, "client new");
}

TEST_F(client_certificate, needs_both_files_readable_and_of_one_pair) {
  const auto good = issue("good");
  const auto another = issue("another");
  const auto absent = directory_.path() / "absent.pem";
  EXPECT_EQ(refusal_of(good), "none");
  EXPECT_THAT(refusal_of({good.certificate, {}}), HasSubstr("set both or neither"));
  EXPECT_THAT(refusal_of({{}, good.key}), HasSubstr("set both or neither"));
  EXPECT_THAT(refusal_of({absent, good.key}),
              AllOf(HasSubstr(absent.string()), HasSubstr("tls.cert_file must hold")));
  EXPECT_THAT(refusal_of({good.certificate, absent}),
              AllOf(HasSubstr(absent.string()), HasSubstr("tls.key_file")));
  EXPECT_THAT(refusal_of({good.key, good.key}), HasSubstr("tls.cert_file must hold"));
  EXPECT_THAT(refusal_of({good.certificate, good.certificate}),
              HasSubstr("tls.key_file needs a private key"));
  EXPECT_THAT(refusal_of({good.certificate, another.key}),
              AllOf(HasSubstr(good.certificate.string()), HasSubstr(another.key.string()),
                    HasSubstr("does not belong")));
}

TEST_F(client_certificate, has_a_key_that_is_not_encrypted) {
  for (const auto form : {key_form::pkcs8, key_form::traditional}) {
    const auto files = issue("client");
    encrypt_key(files.key, form);
    EXPECT_THAT(refusal_of(files), AllOf(HasSubstr(files.key.string()), HasSubstr("encrypted"),
                                         HasSubstr("openssl pkey")));
  }
}

TEST_F(client_certificate, has_a_key_that_not_everybody_may_write) {
  const auto files = issue("client");
  std::filesystem::permissions(files.key, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(refusal_of(files), AllOf(HasSubstr(files.key.string()), HasSubstr("chmod go-w")));
}

}  // namespace
}  // namespace tokensyncd::tests
