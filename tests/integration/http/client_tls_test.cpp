#include <atomic>
#include <mutex>

#include <gmock/gmock.h>

#include "tests/integration/http/caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::tests {
namespace {

using ::testing::HasSubstr;

class client_tls : public ::testing::Test {
 protected:
  key_pair good() const {
    certificate_request what;
    what.names = {"api.test"};
    return ours_.issue("good", what);
  }

  raw_server_options over(const key_pair& files) const {
    raw_server_options options;
    options.tls = files;
    return options;
  }

  /// A client of `api.test`, which is on this machine.
  http::client_options options_for(const raw_server& server) const {
    http::client_options options;
    options.origin = "https://api.test:" + std::to_string(server.port());
    options.tls.ca_file = ours_.file();
    options.look_up = [](const std::string&) {
      return result<http::addresses>{http::addresses{asio::ip::make_address("127.0.0.1")}};
    };
    return options;
  }

  temporary_directory directory_;
  certificate_authority ours_{directory_.path(), "ours"};
};

TEST_F(client_tls, gets_an_answer_from_a_server_that_is_who_it_says) {
  raw_server server(over(good()), answer_each);
  caller over_tls(options_for(server));
  const auto got = over_tls.get();
  EXPECT_EQ(got.sentence, "");
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(got.body, "hello");
}

TEST_F(client_tls, keeps_its_connection_for_the_next_call) {
  raw_server server(over(good()), answer_each);
  caller over_tls(options_for(server));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(over_tls.get().body, "hello");
  EXPECT_EQ(over_tls.client().connections_opened(), 1U);
}

TEST_F(client_tls, names_the_server_it_wants) {
  raw_server server(over(good()), [](raw_connection& connection) {
    connection.read_request();
    connection.answer(connection.server_name());
  });
  caller over_tls(options_for(server));
  EXPECT_EQ(over_tls.get().body, "api.test");
}

TEST_F(client_tls, refuses_a_certificate_of_an_authority_that_it_does_not_know) {
  const certificate_authority other(directory_.path(), "other");
  certificate_request what;
  what.names = {"api.test"};
  raw_server server(over(other.issue("foreign", what)), answer_each);
  caller over_tls(options_for(server));
  const auto got = over_tls.get();
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("api.test"));
  EXPECT_THAT(got.sentence, HasSubstr("authority"));
  EXPECT_THAT(got.sentence, HasSubstr("ca_file"));
}

TEST_F(client_tls, refuses_every_private_authority_where_only_the_systems_are_trusted) {
  raw_server server(over(good()), answer_each);
  auto options = options_for(server);
  options.tls.ca_file.clear();
  caller over_tls(std::move(options));
  const auto got = over_tls.get();
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("set ca_file"));
}

TEST_F(client_tls, refuses_a_certificate_for_another_host) {
  certificate_request what;
  what.names = {"other.test", "*.api.test"};
  raw_server server(over(ours_.issue("other-host", what)), answer_each);
  caller over_tls(options_for(server));
  const auto got = over_tls.get();
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("another host name"));
}

/// OpenSSL believes the common name of a certificate without DNS names.
TEST_F(client_tls, refuses_a_certificate_whose_common_name_alone_is_the_hosts) {
  raw_server server(over(ours_.issue("api.test", {})), answer_each);
  caller over_tls(options_for(server));
  const auto got = over_tls.get();
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("subjectAltName"));
}

TEST_F(client_tls, refuses_an_expired_certificate_and_one_that_is_not_yet_valid) {
  certificate_request what;
  what.names = {"api.test"};
  what.valid_from = std::chrono::hours{-24};
  what.valid_until = std::chrono::hours{-1};
  raw_server expired(over(ours_.issue("expired", what)), answer_each);
  EXPECT_THAT(caller(options_for(expired)).get().sentence, HasSubstr("has expired"));

  what.valid_from = std::chrono::hours{1};
  what.valid_until = std::chrono::hours{24};
  raw_server early(over(ours_.issue("early", what)), answer_each);
  EXPECT_THAT(caller(options_for(early)).get().sentence, HasSubstr("is not valid yet"));
}

TEST_F(client_tls, verifies_an_address_where_the_origin_is_one_and_sends_no_name) {
  certificate_request what;
  what.addresses = {"127.0.0.1"};
  raw_server server(over(ours_.issue("address", what)), [](raw_connection& connection) {
    connection.read_request();
    connection.answer("[" + connection.server_name() + "]");
  });
  auto options = options_for(server);
  options.origin = "https://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(caller(options).get().body, "[]");

  raw_server named(over(good()), answer_each);
  options.origin = "https://127.0.0.1:" + std::to_string(named.port());
  EXPECT_THAT(caller(options).get().sentence, HasSubstr("another host name"));
}

TEST_F(client_tls, verifies_the_configured_server_name_instead_of_the_host) {
  raw_server server(over(good()), [](raw_connection& connection) {
    connection.read_request();
    connection.answer(connection.server_name());
  });
  auto options = options_for(server);
  options.origin = "https://127.0.0.1:" + std::to_string(server.port());
  options.tls.server_name = "api.test";
  EXPECT_EQ(caller(options).get().body, "api.test");
}

TEST_F(client_tls, speaks_1_2_but_nothing_older) {
  auto settings = over(good());
  settings.newest = tls_version::v1_2;
  raw_server older(settings, answer_each);
  EXPECT_EQ(caller(options_for(older)).get().body, "hello");

  auto strict = options_for(older);
  strict.tls.only_tls13 = true;
  const auto refused = caller(strict).get();
  EXPECT_EQ(refused.failed, failure_kind::tls);
  EXPECT_THAT(refused.sentence, HasSubstr("TLS version"));

  settings.newest = tls_version::v1_1;
  raw_server oldest(settings, answer_each);
  EXPECT_EQ(caller(options_for(oldest)).get().failed, failure_kind::tls);
}

TEST_F(client_tls, says_so_where_nobody_speaks_tls) {
  raw_server plain({}, [](raw_connection& connection) {
    connection.read_some();
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_end();
  });
  const auto got = caller(options_for(plain)).get();
  EXPECT_EQ(got.failed, failure_kind::tls);
  EXPECT_THAT(got.sentence, HasSubstr("does not speak TLS"));
}

TEST_F(client_tls, takes_an_end_during_the_handshake_for_nobody_there) {
  raw_server rude({}, [](raw_connection& connection) { connection.read_some(); });
  const auto got = caller(options_for(rude)).get();
  EXPECT_EQ(got.failed, failure_kind::unreachable);
  EXPECT_THAT(got.sentence, HasSubstr("TLS handshake"));
}

TEST_F(client_tls, gives_a_handshake_up_that_does_not_move) {
  raw_server silent({}, [](raw_connection& connection) { connection.wait_for_end(); });
  auto options = options_for(silent);
  options.limits.handshake = std::chrono::milliseconds{50};
  const auto got = caller(options).get();
  EXPECT_EQ(got.failed, failure_kind::unreachable);
  EXPECT_THAT(got.sentence, HasSubstr("TLS handshake"));
}

TEST_F(client_tls, resumes_its_session_on_every_new_connection) {
  for (const auto version : {tls_version::v1_2, tls_version::v1_3}) {
    std::atomic<int> resumed = 0;
    auto settings = over(good());
    settings.newest = version;
    raw_server server(settings, [&](raw_connection& connection) {
      connection.read_request();
      resumed += connection.resumed() ? 1 : 0;
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    caller over_tls(options_for(server));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(over_tls.get().status, 200U);
    EXPECT_EQ(over_tls.client().connections_opened(), 20U);
    EXPECT_EQ(resumed, 19) << static_cast<int>(version);
  }
}

TEST_F(client_tls, believes_an_answer_without_length_only_when_tls_ends_in_order) {
  const auto begin = [](raw_connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\nhello");
  };
  raw_server polite(over(good()), [&](raw_connection& connection) {
    begin(connection);
    connection.end();
  });
  EXPECT_EQ(caller(options_for(polite)).get().body, "hello");

  raw_server cut(over(good()), [&](raw_connection& connection) {
    begin(connection);
    connection.cut();
  });
  EXPECT_EQ(caller(options_for(cut)).get().failed, failure_kind::cut);
}

TEST_F(client_tls, needs_no_orderly_end_after_a_complete_answer) {
  raw_server cut(over(good()), [](raw_connection& connection) {
    connection.read_request();
    connection.answer("hello");
    connection.cut();
  });
  EXPECT_EQ(caller(options_for(cut)).get().body, "hello");
}

TEST_F(client_tls, starts_only_with_authorities_that_can_be_read) {
  asio::io_context loop;
  http::client_options options;
  options.origin = "https://api.test";
  options.tls.ca_file = directory_.path() / "absent.pem";
  EXPECT_THROW(http::client(loop, options), std::runtime_error);
}

}  // namespace
}  // namespace tokensyncd::tests
