#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/server/server.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/telemetry/observer.hpp"
#include "daemon/webhook/deduplicator.hpp"

namespace tokensyncd::webhook {

/// Who knows the vendor and the workspaces: verifies events and acts on them. For the loop's
/// thread.
class event_desk {
 public:
  /// What the headers prove, or why they prove nothing: as source::jwt_status.
  enum class proof : std::uint8_t {
    good,
    not_signed,
    bad_signature,
    bad_header,
    bad_claims,
    wrong_partner,
    not_yet_valid,
    expired
  };

  struct event {
    bool is_ours = true;  ///< false: another partner's
    bool is_rotation = false;
    std::string type;       ///< as the vendor sent it
    std::string workspace;  ///< of a rotation
  };

  virtual ~event_desk() = default;

  /// What X-TL-Signature and X-TL-Partner-Id are worth.
  virtual task<proof> verify(std::string_view signature, std::string_view partner_id) = 0;

  /// Reads a body; none where it is no event.
  virtual std::optional<event> read(std::string_view body) = 0;

  /// Has a workspace checked; `copy`: the same event came before. False where there is none.
  virtual bool rotated(std::string_view workspace, bool copy) = 0;
};

/// Paths of URLs, as they are sent.
struct url_paths {
  std::string events;
  std::string health;
};

/// The vendor's events: one path, POST alone; and health checks of a load balancer: another path,
/// GET and HEAD alone. A request is answered before the check that it causes is made, and what
/// isn't proven to be the vendor's causes none. For the loop's thread.
class handler {
 public:
  /// What is passed by reference must outlive it.
  handler(event_desk& desk, telemetry::observer& observer, const clock& time, url_paths paths);

  /// Other paths, from a reload.
  void set_paths(url_paths paths) { paths_ = std::move(paths); }

  /// Where events are taken.
  [[nodiscard]] const std::string& events_path() const noexcept { return paths_.events; }

  /// Answers one request: 200 for what is the vendor's, of use to us or not, so that it isn't sent
  /// again; 401 for what isn't, or is out of date; 400 for what can't be read. A health check is
  /// 200, any other GET or HEAD 405, any other path 404. A refusal ends the connection. An
  /// exception is told to the observer, and the answer is 500, so that the event is sent again.
  task<http::reply> answer(const http::server_request& request);

  /// The server has refused a request by itself, with this status.
  void refused(unsigned status);

 private:
  task<http::reply> decide_or_fail(const http::server_request& request);
  task<http::reply> decide(const http::server_request& request);
  task<http::reply> take(const http::server_request& request);

  event_desk& desk_;
  telemetry::observer& observer_;
  const clock& time_;
  url_paths paths_;
  deduplicator copies_;
};

}  // namespace tokensyncd::webhook
