#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/endpoints/pages.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/telemetry/audit/audit.hpp"

namespace tokensyncd::endpoints {

/// How a workspace is to be rotated, as it is said in a query.
struct rotation_query {
  std::chrono::milliseconds timeout{60'000};
  std::optional<std::chrono::milliseconds> older_than{};
  bool force = false;  ///< although a destination has an obstacle
};

/// What came of wanting checks now.
struct sync_outcome {
  std::size_t due = 0;  ///< workspaces that are due now
  std::string waits{};  ///< why they aren't asked about at once, as a clause; empty: they are
};

/// What came of it, for the audit in a word, for the answer as a JSON object.
struct rotation_outcome {
  std::string word;
  std::string json;
};

/// What the control socket can have done; the application does it. For the loop's thread.
class control_actions {
 public:
  virtual ~control_actions() = default;

  /// Reads the configuration again and takes it, or says why not.
  virtual task<result<std::string>> reload() = 0;

  /// Makes one workspace, or all (empty), due now.
  virtual sync_outcome sync(std::string_view workspace) = 0;

  /// What the next round would change, for these workspaces or for all (none): as control/plan.hpp
  /// writes it, sorted by workspace and sink.
  virtual task<result<std::string>> plan(std::vector<std::string> workspaces) = 0;

  /// Rotates a workspace's token, once, and waits for what comes of it; none where there is no such
  /// workspace.
  virtual task<std::optional<rotation_outcome>> rotate(std::string workspace,
                                                       rotation_query how) = 0;

  /// Takes an event for a workspace as if the vendor had sent it. The failure says why it wasn't
  /// taken; none where there is no such workspace.
  virtual task<std::optional<result<void>>> event(std::string workspace) = 0;

  /// What a rotation would meet, as a JSON object; none where there is no such workspace.
  virtual task<std::optional<std::string>> outlook(std::string workspace) = 0;

  /// Whether the delivered tokens work, of these workspaces or of all (none): as
  /// control/verification.hpp writes it.
  virtual task<result<std::string>> verify(std::vector<std::string> workspaces) = 0;
};

/// The control socket: all that TCP shows, and what acts. Who may connect is the socket's mode; who
/// asked is audited. For the loop's thread.
class control {
 public:
  control(pages& shown, control_actions& actions, telemetry::audit& audit);

  /// Answers one request. POST /-/reload, /-/sync, /-/sync/{workspace}, /-/plan[?workspace=ID…],
  /// /-/verify[?workspace=ID…], /-/event/{workspace}, /-/outlook/{workspace},
  /// /-/rotate/{workspace}[?timeout_ms=N&older_than_ms=N&force=true].
  task<http::reply> answer(const http::server_request& request);

 private:
  task<http::reply> act(const http::server_request& request);
  task<http::reply> reload(telemetry::requester who);
  task<http::reply> plan(std::string_view query, telemetry::requester who);
  task<http::reply> verify(std::string_view query, telemetry::requester who);
  task<http::reply> rotate(std::string workspace, std::string_view query, telemetry::requester who);
  task<http::reply> event(std::string workspace, telemetry::requester who);
  task<http::reply> outlook(std::string workspace);
  http::reply sync(std::string_view workspace, const telemetry::requester& who);
  void note(std::string_view command, const std::vector<std::string>& workspaces,
            const telemetry::requester& who, const result<std::string>& done);

  pages& pages_;
  control_actions& actions_;
  telemetry::audit& audit_;
};

}  // namespace tokensyncd::endpoints
