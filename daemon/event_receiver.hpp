#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/listeners.hpp"
#include "config/values.hpp"
#include "daemon/endpoints/webhook.hpp"
#include "daemon/http/server.hpp"
#include "daemon/machinery.hpp"
#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/nursery.hpp"

namespace tokensyncd {

/// Listens for the vendor's events and passes them to the machinery. For the loop's thread.
class event_receiver final : public endpoints::event_desk {
 public:
  /// Loads the certificate and binds what `listen` names. Throws std::runtime_error with one
  /// sentence when it can't. `loop`, `parts` and `time` must outlive it.
  event_receiver(asio::io_context& loop, machinery& parts, const clock& time,
                 const config::webhook_settings& settings,
                 const std::vector<config::listener>& listen);

  /// Accepts and answers, as children of `parent`.
  void start(nursery& parent);

  /// Where it listens: ADDRESS:PORT as configured, with the port that a 0 has become.
  [[nodiscard]] std::vector<std::string> addresses() const;

  /// What a reload brings, loaded and not yet in force. Throws as the constructor does.
  using prepared = std::shared_ptr<http::server_certificate>;
  [[nodiscard]] prepared prepare(const config::webhook_settings& settings) const;

  /// Puts it in force, for the requests and connections that come from now on.
  void take(const config::webhook_settings& settings, prepared next);

  task<proof> verify(std::string_view signature, std::string_view partner_id) override;
  std::optional<event> read(std::string_view body) override;
  bool rotated(std::string_view workspace, bool copy) override;

 private:
  machinery& parts_;
  endpoints::webhook endpoint_;
  std::vector<std::string> listen_;
  std::vector<std::unique_ptr<http::server>> servers_;
};

}  // namespace tokensyncd
