#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/rules/listeners.hpp"
#include "config/values.hpp"
#include "daemon/http/server/server.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/task_group.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/source/partner_source.hpp"
#include "daemon/telemetry/observer.hpp"
#include "daemon/webhook/handler.hpp"

namespace tokensyncd::webhook {

/// What the listener needs; all of it must outlive the listener.
struct dependencies {
  asio::io_context& loop;
  const clock& time;
  logger& log;
  telemetry::observer& observer;
  /// The Partner API as it is used now; a reload replaces it.
  std::function<std::shared_ptr<source::partner_source>()> api;
  /// Makes a workspace due because of an event; `copy`: the same event came before. False if the
  /// workspace is not configured.
  std::function<bool(std::string_view workspace, bool copy)> rotated;
};

/// Listens for the vendor's events, verifies them and makes their workspaces due. For the loop's
/// thread.
class listener final : public event_desk {
 public:
  /// Loads the certificate and binds what `listen` names. Throws std::runtime_error with one
  /// sentence when it can't.
  listener(dependencies needs, const config::webhook_settings& settings,
           const std::vector<config::listener>& listen);

  /// Accepts and answers, as children of `parent`.
  void start(task_group& parent);

  /// Where it listens: ADDRESS:PORT as configured, with the port that a 0 has become.
  [[nodiscard]] std::vector<std::string> addresses() const;

  /// Takes an event of ours as if the vendor had sent it: signed, verified, and followed by a
  /// check. The failure says why it wasn't taken.
  task<result<void>> try_out(std::string workspace);

  /// What a reload brings, loaded and not yet in force. Throws as the constructor does.
  using prepared = std::shared_ptr<http::server_certificate>;
  [[nodiscard]] prepared prepare(const config::webhook_settings& settings) const;

  /// Puts it in force, for the requests and connections that come from now on.
  void take(const config::webhook_settings& settings, prepared next);

  task<proof> verify(std::string_view signature, std::string_view partner_id) override;
  std::optional<event> read(std::string_view body) override;
  bool rotated(std::string_view workspace, bool copy) override;

 private:
  dependencies needs_;
  handler endpoint_;
  std::vector<std::string> listen_;
  std::vector<std::unique_ptr<http::server>> servers_;
};

}  // namespace tokensyncd::webhook
