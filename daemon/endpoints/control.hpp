#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/endpoints/pages.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/telemetry/audit.hpp"

namespace tokensyncd::endpoints {

/// What the control socket can have done; the application does it.
class control_actions {
 public:
  virtual ~control_actions() = default;

  /// Reads the configuration again and takes it, or says why not.
  virtual task<result<void>> reload() = 0;

  /// Makes one workspace, or all (empty), due now; how many.
  virtual std::size_t sync(std::string_view workspace) = 0;

  /// What the next round would change, for these workspaces or for all (none): a JSON array, sorted
  /// by workspace and sink.
  virtual task<result<std::string>> plan(std::vector<std::string> workspaces) = 0;
};

/// The control socket: all that TCP shows, and what acts. Who may connect is the socket's mode; who
/// asked is audited.
class control {
 public:
  control(pages& shown, control_actions& actions, telemetry::audit& trail);

  /// Answers one request. POST /-/reload, /-/sync, /-/sync/{workspace}, /-/plan[?workspace=ID…].
  task<http::reply> answer(const http::server_request& request);

 private:
  task<http::reply> act(const http::server_request& request);
  task<http::reply> reload(telemetry::requester who);
  task<http::reply> plan(std::string_view query, telemetry::requester who);
  http::reply sync(std::string_view workspace, const telemetry::requester& who);

  pages& pages_;
  control_actions& actions_;
  telemetry::audit& trail_;
};

}  // namespace tokensyncd::endpoints
