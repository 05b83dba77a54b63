#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/endpoints/pages.hpp"
#include "tests/support/fake_fleet.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/run_task.hpp"

namespace tokensyncd::endpoints {

/// What the endpoints need, and how a test asks them without a socket.
struct endpoint_world {
  endpoint_world() {
    const std::vector<std::string> sinks{"files"};
    metrics.sinks(sinks);
  }

  template <class Endpoint>
  http::reply ask(Endpoint& endpoint, std::string_view method, std::string_view path,
                  std::string_view host = "127.0.0.1:9464") {
    http::server_request request;
    request.method = method;
    request.path = path;
    request.host = host;
    return ask(endpoint, request);
  }
  template <class Endpoint>
  http::reply ask(Endpoint& endpoint, const http::server_request& request) {
    return tests::run_task(loop, endpoint.answer(request));
  }

  /// The whole content, streamed or not.
  static std::string body_of(http::reply& answer) {
    if (!answer.stream) return answer.body;
    std::string all;
    std::string piece;
    for (bool more = true; more;) {
      more = answer.stream(piece);
      all += piece;
    }
    return all;
  }
  static std::string header_of(const http::reply& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
      if (key == name) return value;
    }
    return {};
  }

  asio::io_context loop;
  tests::hand_clock time{loop};
  tests::fake_fleet fleet;
  metrics::daemon_metrics metrics{"0.1.0", "abc"};
  pages shown{fleet,
              metrics,
              time,
              {.version = "0.1.0",
               .host = "host-1",
               .started_at = *parse_rfc3339("2026-11-23T22:14:05Z"),
               .ready_grace = {},
               .summary = [] { return telemetry::summary{"all of it in sync", {"but this"}}; }}};
};

}  // namespace tokensyncd::endpoints
