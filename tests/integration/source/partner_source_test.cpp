#include "daemon/source/partner_source.hpp"

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include "daemon/source/jwt.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::source {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// A clock that stands still; nobody sleeps on it.
class still_clock final : public clock {
 public:
  [[nodiscard]] steady_time now() const noexcept override { return {}; }
  [[nodiscard]] wall_time wall() const noexcept override { return wall_time{1'795'473'785s}; }
  [[nodiscard]] std::unique_ptr<sleeper> make_sleeper() override { return {}; }
};

constexpr auto refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n";
constexpr auto good = R"({"workspace_id":"acme-support","token":"t1"})";

/// A source on a real connection over TLS; `answer_` makes the bytes of each answer from a request.
class partner_source_test : public testing::Test {
 protected:
  partner_source_test() {
    put("secret", "one");
    http::client_options options;
    options.origin = "https://localhost:" + std::to_string(server_.port());
    options.tls.ca_file = authority_.file();
    settings_.id = "acme";
    settings_.secret_file = directory_ / "secret";
    settings_.previous_secret_file = directory_ / "previous";
    settings_.api_url = options.origin + "/partner/api/v1";
    put("previous", "zero");
    auto client = std::make_unique<http::client>(loop_, std::move(options));
    auto told = [this](log_level, const std::string& sentence) { told_.push_back(sentence); };
    source_ = std::make_unique<partner_source>(std::move(client), clock_, settings_, told);
  }

  void put(const char* name, std::string_view content) {
    std::ofstream(directory_ / name, std::ios::trunc) << content;
    ::chmod((directory_ / name).c_str(), 0600);
  }

  /// Runs the loop until `work` is done; kept connections go on waiting on it.
  template <class Value>
  Value run(task<Value> work) {
    std::optional<Value> value;
    auto finished = [&](const std::exception_ptr& error, Value got) {
      if (error) std::rethrow_exception(error);
      value.emplace(std::move(got));
    };
    asio::co_spawn(loop_, std::move(work), finished);
    loop_.restart();
    while (!value) loop_.run_one();
    return std::move(*value);
  }

  void answer_with(std::function<std::string(const std::string&)> how) {
    const std::lock_guard hold{lock_};
    answer_ = std::move(how);
  }

  std::vector<std::string> heads() {
    const std::lock_guard hold{lock_};
    return heads_;
  }

  sync::fetched fetch() {
    sync::question what;
    what.workspace = "acme-support";
    return run(source_->fetch(what));
  }

  /// Whether a request proves that it knows `key`, by a clock that is `skew` ahead of ours.
  bool is_signed(std::string_view head, std::string_view key, std::chrono::seconds skew = 0s) {
    const auto jwt = make_jwt(secret{key}, "acme", clock_.wall() + skew);
    return head.find("Authorization: Bearer " + std::string(jwt.reveal()) + "\r\n") !=
           std::string_view::npos;
  }

  tests::raw_server_options server_options() {
    tests::certificate_request what;
    what.names = {"localhost"};
    tests::raw_server_options options;
    options.tls = authority_.issue("server", what);
    return options;
  }

  tests::temporary_directory directory_;
  tests::certificate_authority authority_{directory_.path(), "ours"};
  still_clock clock_;
  std::mutex lock_;  ///< the server runs on threads of its own
  std::function<std::string(const std::string&)> answer_ = [](const std::string&) {
    return tests::raw_connection::ok(good);
  };
  std::vector<std::string> heads_;
  tests::raw_server server_{server_options(), [this](tests::raw_connection& connection) {
                              for (;;) {
                                const auto head = connection.read_request();
                                if (head.empty()) return;
                                std::unique_lock hold{lock_};
                                heads_.push_back(head);
                                const auto bytes = answer_(head);
                                hold.unlock();
                                connection.send(bytes);
                              }
                            }};
  asio::io_context loop_{1};
  config::partner_settings settings_;
  std::vector<std::string> told_;
  std::unique_ptr<partner_source> source_;
};

TEST_F(partner_source_test, gets_a_token_with_one_signed_request) {
  const auto got = fetch();
  ASSERT_TRUE(got.what.has_value()) << got.what.error().sentence;
  EXPECT_EQ(got.what->token.reveal(), "t1");
  EXPECT_EQ(got.calls, 1U);
  ASSERT_EQ(heads().size(), 1U);
  EXPECT_THAT(heads()[0], HasSubstr("GET /partner/api/v1/workspaces/acme-support/api-token HTTP"));
  EXPECT_THAT(heads()[0], HasSubstr("X-TL-Partner-Id: acme\r\n"));
  EXPECT_TRUE(is_signed(heads()[0], "one"));
}

TEST_F(partner_source_test, takes_a_secret_that_was_replaced_while_it_runs) {
  ASSERT_TRUE(fetch().what.has_value());
  put("secret", "two");
  answer_with([this](const std::string& head) {
    return is_signed(head, "two") ? tests::raw_connection::ok(good)
                                  : std::string(refused) + "\r\n{}";
  });
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.calls, 2U);
  EXPECT_EQ(fetch().calls, 1U);
}

TEST_F(partner_source_test, tries_the_previous_secret_and_stays_with_it) {
  answer_with([this](const std::string& head) {
    return is_signed(head, "zero") ? tests::raw_connection::ok(good)
                                   : std::string(refused) + "\r\n{}";
  });
  EXPECT_EQ(fetch().calls, 2U);
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.calls, 1U);
}

TEST_F(partner_source_test, corrects_for_the_apis_clock_but_not_from_a_cached_answer) {
  // 2026-11-23T22:43:05Z is ours.
  const std::string date = "Date: Mon, 23 Nov 2026 23:43:05 GMT\r\n";
  const std::string code = R"({"error":"timestamp_out_of_range","status":401})";
  std::string more = "Age: 5\r\n";
  answer_with([&](const std::string& head) {
    return is_signed(head, "one", 1h)
               ? tests::raw_connection::ok(good)
               : "HTTP/1.1 401 X\r\n" + date + more +
                     "Content-Length: " + std::to_string(code.size()) + "\r\n\r\n" + code;
  });
  const auto cached = fetch();
  EXPECT_EQ(cached.what.error().kind, failure_kind::clock_skew);
  EXPECT_EQ(cached.calls, 1U);
  {
    const std::lock_guard hold{lock_};
    more.clear();
  }
  const auto got = fetch();
  EXPECT_TRUE(got.what.has_value());
  EXPECT_EQ(got.calls, 2U);
  EXPECT_EQ(got.clock_skew, 1h);
}

TEST_F(partner_source_test, asks_twice_at_most_and_shows_no_secret_when_refused) {
  put("secret", "canary-secret-1");
  answer_with([](const std::string& head) {
    return "HTTP/1.1 401 X\r\nContent-Length: " + std::to_string(head.size()) + "\r\n\r\n" + head;
  });
  const auto got = fetch();
  ASSERT_FALSE(got.what.has_value());
  EXPECT_EQ(got.what.error().kind, failure_kind::bad_signature);
  EXPECT_EQ(got.calls, 2U);
  EXPECT_THAT(got.what.error().sentence, Not(HasSubstr("canary")));
  EXPECT_THAT(got.what.error().sentence, Not(HasSubstr("eyJ")));
}

TEST_F(partner_source_test, leaves_a_connection_on_which_the_edge_refused_it) {
  answer_with([](const std::string&) {
    return "HTTP/1.1 403 Forbidden\r\nRetry-After: 7\r\nContent-Length: 6\r\n\r\n<html>";
  });
  const auto got = fetch();
  EXPECT_EQ(got.what.error().kind, failure_kind::edge_refused);
  EXPECT_EQ(got.retry_after, 7s);
  fetch();
  EXPECT_EQ(server_.accepted(), 2U);
}

TEST_F(partner_source_test, probes_without_ever_creating_a_token) {
  EXPECT_TRUE(run(source_->probe("acme-support")).has_value());
  ASSERT_EQ(heads().size(), 1U);
  EXPECT_THAT(heads()[0], HasSubstr("GET /partner/api/v1/workspaces/acme-support HTTP"));
}

TEST_F(partner_source_test, tells_once_of_a_version_that_it_does_not_know) {
  answer_with([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nX-TL-API-Version: v2\r\nContent-Length: " +
           std::to_string(std::string_view(good).size()) + "\r\n\r\n" + good;
  });
  EXPECT_TRUE(fetch().what.has_value());
  EXPECT_TRUE(fetch().what.has_value());
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(partner_source_test, asks_nothing_while_there_is_no_secret) {
  std::filesystem::remove(directory_ / "secret");
  std::filesystem::remove(directory_ / "previous");
  EXPECT_FALSE(source_->look_at_secrets().has_value());
  const auto got = fetch();
  EXPECT_EQ(got.what.error().kind, failure_kind::bad_signature);
  EXPECT_EQ(got.calls, 0U);
  EXPECT_TRUE(heads().empty());
}

}  // namespace
}  // namespace tokensyncd::source
