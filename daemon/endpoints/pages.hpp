#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/endpoints/scrape_gate.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sync/ports/status.hpp"
#include "daemon/telemetry/certificates.hpp"
#include "daemon/telemetry/scrape.hpp"
#include "daemon/telemetry/summary.hpp"

namespace tokensyncd::endpoints {

struct page_settings {
  std::string version{};
  std::string host{};  ///< the machine's name
  wall_time started_at{};
  std::chrono::milliseconds ready_grace{30'000};
  /// With more workspaces than this there are no metrics by workspace; 0 for never.
  std::size_t most_workspaces = 2'000;
  /// How the fleet is, for people; called on the loop's thread.
  std::function<telemetry::summary()> summary = [] { return telemetry::summary(); };
  /// The certificates that the daemon shows to others; called on the loop's thread.
  std::function<std::vector<telemetry::certificate>()> certificates = [] {
    return std::vector<telemetry::certificate>();
  };
  /// Why the daemon as a whole isn't ready although every pair may be, as a clause; empty: it is.
  /// Called on the loop's thread.
  std::function<std::string()> obstacle = [] { return std::string(); };
};

/// What a page is about, for who shows only some.
enum class page_kind { none, metrics, probe, status };

/// What a path is, whatever it is asked with.
[[nodiscard]] page_kind kind_of_page(std::string_view path);

/// The pages that only show: /metrics, /livez, /startupz, /readyz, /readyz/{workspace}, /status;
/// and
/// `/`, the status for people, with what it loads. One for all listeners, as they share the turns
/// at /metrics. For the loop's thread.
class pages {
 public:
  /// What is passed by reference must outlive it, and all streams that it gave out.
  pages(const sync::status_view& view, metrics::daemon_metrics& metrics, clock& time,
        page_settings settings);

  /// Answers a GET or HEAD; 405 for other methods, 404 for other paths.
  task<http::reply> show(const http::server_request& request);

  /// A reload may change how many workspaces have metrics of their own.
  void set_most_workspaces(std::size_t most) noexcept { settings_.most_workspaces = most; }

 private:
  task<http::reply> metrics_page(std::string_view accept);
  [[nodiscard]] http::reply status_or_page(std::string_view path) const;
  [[nodiscard]] http::reply readiness_page(std::string_view path) const;

  const sync::status_view& view_;
  metrics::daemon_metrics& metrics_;
  page_settings settings_;
  scrape_gate gate_;
};

}  // namespace tokensyncd::endpoints
