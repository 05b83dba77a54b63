#pragma once

#include <optional>

#include "daemon/http/client/client.hpp"
#include "daemon/http/text/origin.hpp"

namespace tokensyncd::http {

/// Where the requests of one client go: to an origin, directly or through a proxy. It never
/// changes, so it is for any thread.
class route {
 public:
  /// Throws std::runtime_error when the origin or the proxy of `options` can't be used.
  explicit route(const client_options& options);

  [[nodiscard]] const origin& target() const noexcept { return target_; }
  /// The proxy, where there is one.
  [[nodiscard]] const std::optional<origin>& proxy() const noexcept { return proxy_; }
  /// Whom to connect to: the proxy or the origin.
  [[nodiscard]] const origin& next_hop() const noexcept { return proxy_ ? *proxy_ : target_; }

 private:
  origin target_;
  std::optional<origin> proxy_;
};

}  // namespace tokensyncd::http
