#pragma once

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

#include "daemon/source/auth/jwt.hpp"
#include "daemon/source/partner_source.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tokensyncd::source {

using namespace std::chrono_literals;

/// A clock that stands still; nobody sleeps on it.
class still_clock final : public clock {
 public:
  [[nodiscard]] steady_time now() const noexcept override { return {}; }
  [[nodiscard]] wall_time wall() const noexcept override { return wall_time{1'795'473'785s}; }
  [[nodiscard]] std::unique_ptr<sleeper> make_sleeper() override { return {}; }
};

inline constexpr auto refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n";
inline constexpr auto good = R"({"workspace_id":"acme-support","token":"t1"})";

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
    sync::fetch_request what;
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
  bool hangs_up_ = false;  ///< after each answer
  std::vector<std::string> heads_;
  tests::raw_server server_{server_options(), [this](tests::raw_connection& connection) {
                              for (;;) {
                                const auto head = connection.read_request();
                                if (head.empty()) return;
                                std::unique_lock hold{lock_};
                                heads_.push_back(head);
                                const auto bytes = answer_(head);
                                const bool last = bytes.empty() || hangs_up_;
                                hold.unlock();
                                connection.send(bytes);
                                if (last) return;
                              }
                            }};
  asio::io_context loop_{1};
  config::partner_settings settings_;
  std::vector<std::string> told_;
  std::unique_ptr<partner_source> source_;
};

}  // namespace tokensyncd::source
