#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/raw_server.hpp"

namespace tokensyncd::tests {

/// A server on loopback, without TLS, that answers each path of Vault's API as it was told, and
/// remembers what it was asked.
class scripted_vault {
 public:
  /// What it answers; `lose` reads the request and ends the connection instead.
  struct scene {
    unsigned status = 200;
    std::string body{};
    std::string headers{};  ///< whole lines
    bool lose = false;
    std::function<void()> before{};  ///< called, on another thread, before it is answered
  };

  scripted_vault() : server_({}, [this](raw_connection& with) { serve(with); }) {}

  /// Connections since start.
  [[nodiscard]] unsigned connections() const noexcept { return server_.accepted(); }

  [[nodiscard]] std::string address() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }

  /// The next request of `path` (after /v1/) is answered so; the last scene stays.
  void on(const std::string& path, scene how) {
    const std::lock_guard hold{lock_};
    scenes_[path].push_back(std::move(how));
  }
  /// From now on, whatever was said before.
  void now_on(const std::string& path, scene how) {
    const std::lock_guard hold{lock_};
    scenes_[path].assign(1, std::move(how));
  }

  /// Requests so far, whole; of one path where it is named.
  [[nodiscard]] std::vector<std::string> asked(std::string_view path = {}) const {
    const std::lock_guard hold{lock_};
    std::vector<std::string> found;
    for (const auto& [of, text] : asked_) {
      if (path.empty() || of == path) found.push_back(text);
    }
    return found;
  }
  [[nodiscard]] std::size_t count(std::string_view path) const { return asked(path).size(); }

 private:
  static std::string path_of(const std::string& request) {
    const auto begin = request.find(" /v1/");
    const auto end = request.find(" HTTP/", begin + 1);
    return begin == std::string::npos ? "" : request.substr(begin + 5, end - begin - 5);
  }

  scene next(const std::string& path, const std::string& request) {
    const std::lock_guard hold{lock_};
    asked_.emplace_back(path, request);
    auto& scenes = scenes_[path];
    if (scenes.empty()) return {404, R"({"errors":["no handler for route ''"]})"};
    scene made = scenes.front();
    if (scenes.size() > 1) scenes.pop_front();
    return made;
  }

  void serve(raw_connection& with) {
    for (;;) {
      const std::string request = with.read_request();
      if (request.empty()) return;
      const scene made = next(path_of(request), request);
      if (made.before) made.before();
      if (made.lose) return with.reset();
      const std::string length =
          made.status == 204 ? "" : "Content-Length: " + std::to_string(made.body.size()) + "\r\n";
      with.send("HTTP/1.1 " + std::to_string(made.status) + " Said\r\n" + made.headers + length +
                "\r\n" + made.body);
    }
  }

  mutable std::mutex lock_;
  std::map<std::string, std::deque<scene>> scenes_;
  std::vector<std::pair<std::string, std::string>> asked_;
  raw_server server_;  // last: its threads use the rest
};

}  // namespace tokensyncd::tests
