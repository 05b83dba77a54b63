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

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "daemon/http/tls/server_certificate.hpp"
#include "tests/integration/http/served.hpp"
#include "tests/integration/http/tls_caller.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/held_file.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using tests::serial_of;
using tests::tls_caller;
namespace fs = std::filesystem;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

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
    return load_certificate(cert, key, [this](certificate_change how, const std::string& sentence) {
      const std::lock_guard lock{mutex};
      told.push_back((how == certificate_change::taken ? "taken: " : "refused: ") + sentence);
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

TEST_F(server_tls, shows_the_certificate_of_before_while_the_disk_of_the_next_hangs) {
  const tests::served server{maker(), hello};
  const auto next = issue("second");
  tests::held_file disk{next.certificate};
  fs::rename(next.key, key);
  fs::rename(next.certificate, cert);
  for (int i = 0; i < 2; ++i) {
    tls_caller caller{server.port(), authority.file()};
    ASSERT_TRUE(caller.greeted());
    EXPECT_THAT(caller.say(get).hear("nobody"), HasSubstr("200 OK"));
  }
  EXPECT_TRUE(disk.is_waited_for());
  EXPECT_THAT(heard(), IsEmpty());
  disk.release();
  EXPECT_TRUE(tests::eventually([&] {
    (void)tls_caller(server.port(), authority.file()).greeted();
    return !heard().empty();
  }));
  EXPECT_THAT(heard(), ElementsAre(StartsWith("taken: ")));
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

TEST_F(server_tls, says_over_tls_that_a_request_came_too_slowly) {
  server_limits limits;
  limits.header_time = 50ms;
  const tests::served server{maker(limits), hello};
  tls_caller slow{server.port(), authority.file()};
  EXPECT_THAT(slow.say("GET / HTTP/1.1\r\nHost:").hear(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(slow.ended_in_order());
}

TEST_F(server_tls, stops_during_a_handshake) {
  server_limits limits;
  limits.handshake_time = 1h;
  tests::served server{maker(limits), hello};
  tests::raw_client half{server.port()};
  // A record of a handshake: it has begun, and waits for our half.
  EXPECT_THAT(half.say(tests::client_hello()).hear("\x16\x03"), HasSubstr("\x16\x03"));
  server.stop();
  EXPECT_TRUE(server.ended_well());
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

/// Nothing can be opened during its life.
class no_descriptors {
 public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(server_tls, tries_a_new_pair_again_that_it_had_no_descriptors_to_read) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan, which goes with ASan here, needs a descriptor to look at an exception; "
                  "the tsan preset runs this";
#endif
  const auto shown = load();
  asio::io_context loop;
  const auto serial = [&](steady_time now) {
    tests::run_task(loop, shown->look(now));
    SSL* const tls = shown->make();
    X509* const certificate = SSL_get_certificate(tls);
    X509_up_ref(certificate);
    SSL_free(tls);
    return serial_of(certificate);
  };
  const steady_time start{1h};
  const auto before = serial(start);
  show("second");
  {
    const no_descriptors full;
    EXPECT_EQ(serial(start + 1s), before);
    EXPECT_EQ(serial(start + 32s), before);
  }
  EXPECT_THAT(heard(), ElementsAre(AllOf(StartsWith("refused: "), HasSubstr("stays in use"))))
      << "the same trouble again is no news";
  EXPECT_EQ(serial(start + 61s), before) << "not at each handshake";
  EXPECT_NE(serial(start + 62s), before);
  ASSERT_EQ(heard().size(), 2U);
  EXPECT_THAT(heard()[1], StartsWith("taken: "));
}

TEST_F(server_tls, tells_another_trouble_and_the_same_one_again_after_it_had_passed) {
  const auto shown = load();
  asio::io_context loop;
  const auto look = [&] { tests::run_task(loop, shown->look(steady_time{1h})); };
  put(issue("second").certificate, cert);
  look();
  std::ofstream{cert} << "no certificate";
  look();
  EXPECT_EQ(heard().size(), 2U) << "first it wasn't that of the key, now it is none";
  show("third");
  look();
  std::ofstream{cert} << "no certificate";
  look();
  EXPECT_EQ(heard().size(), 4U);
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

TEST_F(server_tls, refuses_what_clients_would_refuse_whatever_the_level_of_openssl) {
  const auto refusal = [this](const tests::certificate_request& what) -> std::string {
    const auto pair = authority.issue("weak", what);
    put(pair.certificate, cert);
    put(pair.key, key);
    try {
      load();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "it was taken";
  };
  tests::certificate_request small;
  small.rsa_bits = 1024;
  EXPECT_THAT(refusal(small), HasSubstr("key is too weak for clients of today (1024 bits)"));
  tests::certificate_request old;
  old.sha1 = true;
  EXPECT_THAT(refusal(old), HasSubstr("signature is too weak"));
  EXPECT_EQ(refusal({}), "it was taken");
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
  EXPECT_THAT(statuses, ElementsAre(400, 413));
}

}  // namespace
}  // namespace tokensyncd::http
