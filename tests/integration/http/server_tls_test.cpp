// The server over TLS: what it speaks, whose certificate it shows, and how that is replaced.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/integration/http/served.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A client with OpenSSL alone, which blocks.
class tls_caller {
 public:
  tls_caller(unsigned short port, const fs::path& ca_file, int most = 0)
      : context_(SSL_CTX_new(TLS_client_method())), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    // What Debian's configuration forbids is still offered here.
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), most);
    EXPECT_EQ(SSL_CTX_load_verify_file(context_.get(), ca_file.c_str()), 1);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_);
    SSL_set1_host(tls_.get(), "localhost");
    greeted_ = SSL_connect(tls_.get()) == 1;
  }
  tls_caller(const tls_caller&) = delete;
  tls_caller& operator=(const tls_caller&) = delete;
  ~tls_caller() {
    ::close(socket_);
    ERR_clear_error();
  }

  [[nodiscard]] bool greeted() const { return greeted_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(tls_.get()); }
  SSL* get() { return tls_.get(); }

  tls_caller& say(std::string_view bytes) {
    SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    return *this;
  }
  /// What comes until `end` has come, or the connection ends where it is empty.
  std::string hear(std::string_view end = {}) {
    std::string all;
    char bytes[4096];
    while (end.empty() || all.find(end) == std::string::npos) {
      const int got = SSL_read(tls_.get(), bytes, sizeof bytes);
      if (got <= 0) break;
      all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }
  [[nodiscard]] bool ended_in_order() const {
    return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  /// The serial number of the certificate that was shown.
  [[nodiscard]] std::string serial() const {
    X509* shown = SSL_get1_peer_certificate(tls_.get());
    char* text = BN_bn2hex(ASN1_INTEGER_to_BN(X509_get_serialNumber(shown), nullptr));
    std::string out = text;
    OPENSSL_free(text);
    X509_free(shown);
    return out;
  }

 private:
  struct freed {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  std::unique_ptr<SSL_CTX, freed> context_;
  std::unique_ptr<SSL, freed> tls_;
  int socket_;
  bool greeted_ = false;
};

struct server_tls : testing::Test {
  tests::temporary_directory folder;
  tests::certificate_authority authority{folder.path(), "ca"};
  fs::path cert = folder.path() / "shown.pem";
  fs::path key = folder.path() / "shown-key.pem";
  std::mutex mutex;
  std::vector<std::string> told;

  server_tls() { show("first"); }

  tests::key_pair issue(const std::string& name) {
    return authority.issue(name, {{"localhost"}, {"127.0.0.1"}});
  }
  void show(const std::string& name) {
    const auto pair = issue(name);
    put(pair.certificate, cert);
    put(pair.key, key);
  }
  /// As who renews certificates does: a new file in place of the old one.
  static void put(const fs::path& from, const fs::path& to) {
    const fs::path beside = to.string() + ".new";
    fs::copy_file(from, beside, fs::copy_options::overwrite_existing);
    fs::rename(beside, to);
  }
  std::shared_ptr<server_certificate> load() {
    return load_certificate(cert, key, [this](bool taken, const std::string& sentence) {
      const std::lock_guard lock{mutex};
      told.push_back((taken ? "taken: " : "refused: ") + sentence);
    });
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock{mutex};
    return told;
  }
  tests::served::maker maker(server_limits limits = {}) {
    return [this, limits](asio::io_context& loop) {
      auto made = server::on_tcp(loop, "127.0.0.1:0", limits);
      made->use_tls(load());
      return made;
    };
  }
  static task<reply> hello(const server_request& request) {
    reply answer;
    answer.body = "hello " + std::string(request.header("x-name").value_or("nobody"));
    co_return answer;
  }
};

TEST_F(server_tls, answers_over_tls_1_2_and_1_3_and_ends_in_order) {
  const tests::served server{maker(), hello};
  for (const auto& [most, name] : {std::pair{TLS1_2_VERSION, "TLSv1.2"}, {0, "TLSv1.3"}}) {
    tls_caller caller{server.port(), authority.file(), most};
    ASSERT_TRUE(caller.greeted());
    EXPECT_EQ(caller.version(), name);
    caller.say("GET / HTTP/1.1\r\nHost: localhost\r\nX-Name: you\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(caller.hear(), HasSubstr("hello you"));
    EXPECT_TRUE(caller.ended_in_order());
  }
}

TEST_F(server_tls, speaks_nothing_older_and_nothing_else) {
  const tests::served server{maker(), hello};
  EXPECT_FALSE(tls_caller(server.port(), authority.file(), TLS1_1_VERSION).greeted());
  tests::raw_client plain{server.port()};
  EXPECT_THAT(plain.say(get).hear(), testing::Not(HasSubstr("hello")));
}

TEST_F(server_tls, keeps_a_connection_for_many_requests_and_refuses_renegotiation) {
  const tests::served server{maker(), hello};
  tls_caller caller{server.port(), authority.file(), TLS1_2_VERSION};
  for (int i = 0; i < 3; ++i) EXPECT_THAT(caller.say(get).hear("nobody"), HasSubstr("200 OK"));
  SSL_renegotiate(caller.get());
  SSL_do_handshake(caller.get());
  caller.say(get);
  char byte = 0;
  EXPECT_LE(SSL_read(caller.get(), &byte, 1), 0);
}

TEST_F(server_tls, ends_who_shakes_no_hands) {
  server_limits limits;
  limits.handshake_time = 50ms;
  const tests::served server{maker(limits), hello};
  tests::raw_client silent{server.port()};
  EXPECT_EQ(silent.hear(), "");
  tests::raw_client slow{server.port()};
  EXPECT_EQ(slow.say("\x16\x03\x01\x02").hear(), "");
}

TEST_F(server_tls, gives_way_to_newcomers_while_shaking_hands) {
  server_limits limits;
  limits.connections = 2;
  const tests::served server{maker(limits), hello};
  tests::raw_client first{server.port()};
  tests::raw_client second{server.port()};
  tls_caller caller{server.port(), authority.file()};
  EXPECT_TRUE(caller.greeted());
}

TEST_F(server_tls, takes_a_new_pair_for_the_next_connection_and_keeps_those_that_are_there) {
  const tests::served server{maker(), hello};
  tls_caller before{server.port(), authority.file()};
  show("second");
  tls_caller after{server.port(), authority.file()};
  EXPECT_NE(before.serial(), after.serial());
  EXPECT_THAT(before.say(get).hear("nobody"), HasSubstr("200 OK"));
  ASSERT_EQ(heard().size(), 1U);
  EXPECT_THAT(heard()[0], StartsWith("taken: "));
}

TEST_F(server_tls, waits_for_both_halves_of_a_new_pair_and_says_once_that_they_do_not_fit) {
  const tests::served server{maker(), hello};
  tls_caller before{server.port(), authority.file()};
  const auto next = issue("second");
  put(next.certificate, cert);
  for (int i = 0; i < 3; ++i) {
    tls_caller between{server.port(), authority.file()};
    ASSERT_TRUE(between.greeted());
    EXPECT_EQ(between.serial(), before.serial());
  }
  ASSERT_EQ(heard().size(), 1U);
  EXPECT_THAT(heard()[0], StartsWith("refused: "));
  EXPECT_THAT(heard()[0], HasSubstr("stays in use"));
  put(next.key, key);
  tls_caller after{server.port(), authority.file()};
  EXPECT_NE(after.serial(), before.serial());
  EXPECT_EQ(heard().size(), 2U);
}

TEST_F(server_tls, keeps_the_old_pair_while_the_new_one_is_broken_or_missing) {
  const tests::served server{maker(), hello};
  tls_caller before{server.port(), authority.file()};
  std::ofstream{cert} << "no certificate";
  EXPECT_EQ(tls_caller(server.port(), authority.file()).serial(), before.serial());
  fs::remove(cert);
  EXPECT_EQ(tls_caller(server.port(), authority.file()).serial(), before.serial());
  fs::remove(key);
  EXPECT_EQ(tls_caller(server.port(), authority.file()).serial(), before.serial());
  show("second");
  EXPECT_NE(tls_caller(server.port(), authority.file()).serial(), before.serial());
}

TEST_F(server_tls, refuses_a_key_that_others_may_write_or_that_wants_a_passphrase) {
  fs::permissions(key, fs::perms::group_write, fs::perm_options::add);
  EXPECT_THROW(load(), std::runtime_error);
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NO_THROW(load());
  EXPECT_EQ(std::system(("openssl pkey -in " + key.string() + " -aes128 -passout pass:x -out " +
                         key.string() + ".enc 2>/dev/null")
                            .c_str()),
            0);
  fs::rename(key.string() + ".enc", key);
  EXPECT_THROW(load(), std::runtime_error);
}

TEST_F(server_tls, refuses_a_pair_that_does_not_fit_with_a_sentence) {
  put(issue("other").key, key);
  try {
    load();
    FAIL() << "it was taken";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("shown-key.pem"));
  }
}

TEST_F(server_tls, tells_of_what_it_refuses_by_itself) {
  std::mutex lock;
  std::vector<unsigned> statuses;
  server_limits limits;
  limits.body_bytes = 10;
  const auto make = [&](asio::io_context& loop) {
    auto made = server::on_tcp(loop, "127.0.0.1:0", limits);
    made->on_refusal([&](unsigned status) {
      const std::lock_guard held{lock};
      statuses.push_back(status);
    });
    return made;
  };
  tests::served server{make, hello};
  tests::raw_client{server.port()}.say("no http\r\n\r\n").hear();
  tests::raw_client{server.port()}
      .say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901")
      .hear();
  server.stop();
  EXPECT_THAT(statuses, testing::ElementsAre(400, 413));
}

}  // namespace
}  // namespace tokensyncd::http
