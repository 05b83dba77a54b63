#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/client.hpp"
#include "daemon/http/connection.hpp"
#include "daemon/http/host_lookup.hpp"
#include "daemon/http/origin.hpp"
#include "daemon/http/watchdog.hpp"

namespace tokensyncd::http {

class tls_client;

/// The connections of one client, and who waits for one: first come, first served. A `connection`
/// object is the right to have a connection; there are never more than max_connections.
class connection_pool {
 public:
  connection_pool(asio::io_context& loop, client_options options);
  connection_pool(const connection_pool&) = delete;
  connection_pool& operator=(const connection_pool&) = delete;
  ~connection_pool();

  /// A connection without waiting, open or still to open; null when all are in use.
  [[nodiscard]] connection_lease take(steady_time now);

  /// Waits for one. Null at `deadline`.
  task<connection_lease> wait(steady_time deadline);

  void give_back(std::unique_ptr<connection> used) noexcept;

  /// Called by a connection whose deadline moved.
  void keep_deadline(steady_time when) { watchdog_.no_later_than(when); }

  [[nodiscard]] asio::io_context& loop() const noexcept { return loop_; }
  [[nodiscard]] const client_options& options() const noexcept { return options_; }
  [[nodiscard]] const origin& target() const noexcept { return target_; }
  /// The proxy, where there is one.
  [[nodiscard]] const std::optional<origin>& proxy() const noexcept { return proxy_; }
  /// Whom to connect to: the proxy or the origin.
  [[nodiscard]] const origin& next_hop() const noexcept { return proxy_ ? *proxy_ : target_; }
  [[nodiscard]] const std::string& common() const noexcept { return common_headers_; }
  [[nodiscard]] host_lookup& lookup() noexcept { return *lookup_; }
  /// Null for http.
  [[nodiscard]] tls_client* tls() noexcept { return tls_.get(); }

  /// Retires all connections where other authorities are believed from now on.
  void look_at_authorities();

  void count_opened() noexcept { ++opened_; }
  [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }

 private:
  friend class connection;
  struct waiter;

  connection_lease make();
  void serve_next() noexcept;
  void renew(steady_time now);
  template <class Condition>
  void retire_where(Condition met);
  steady_time look(steady_time now);

  asio::io_context& loop_;
  client_options options_;
  origin target_;
  std::optional<origin> proxy_;
  std::string common_headers_;
  std::unique_ptr<tls_client> tls_;
  std::unique_ptr<host_lookup> lookup_;
  watchdog watchdog_;
  std::vector<std::unique_ptr<connection>> idle_;  // the last one used at the end
  std::vector<connection*> busy_;
  std::deque<waiter*> waiting_;
  std::uint64_t opened_ = 0;
  steady_time renewed_ = steady_time::min();
};

}  // namespace tokensyncd::http
