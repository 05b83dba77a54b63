#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/client/client.hpp"
#include "daemon/http/client/connection.hpp"
#include "daemon/http/client/connection_set.hpp"
#include "daemon/http/client/host_lookup.hpp"
#include "daemon/http/client/proxy_credentials.hpp"
#include "daemon/http/client/route.hpp"
#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/text/origin.hpp"

namespace tokensyncd::http {

class tls_client;

/// The connections of one client, and who waits for one: first come, first served. A `connection`
/// object is the right to have a connection; there are never more than max_connections. For the
/// loop's thread.
class connection_pool {
 public:
  connection_pool(asio::io_context& loop, client_options options);
  connection_pool(const connection_pool&) = delete;
  connection_pool& operator=(const connection_pool&) = delete;
  ~connection_pool();

  /// A connection without waiting, open or still to open; null when all are in use.
  [[nodiscard]] connection_lease take();

  /// Waits for one. Null at `deadline`.
  task<connection_lease> wait(steady_time deadline);

  void give_back(std::unique_ptr<connection> used) noexcept;

  /// Called by a connection whose deadline moved.
  void keep_deadline(steady_time when) { deadline_timer_.no_later_than(when); }

  [[nodiscard]] asio::io_context& loop() const noexcept { return loop_; }
  [[nodiscard]] const client_options& options() const noexcept { return options_; }
  [[nodiscard]] const origin& target() const noexcept { return route_.target(); }
  /// The proxy, where there is one.
  [[nodiscard]] const std::optional<origin>& proxy() const noexcept { return route_.proxy(); }
  /// Whom to connect to: the proxy or the origin.
  [[nodiscard]] const origin& next_hop() const noexcept { return route_.next_hop(); }
  [[nodiscard]] const std::string& common() const noexcept { return common_headers_; }
  [[nodiscard]] host_lookup& lookup() noexcept { return *lookup_; }
  /// Null for http.
  [[nodiscard]] tls_client* tls() noexcept { return tls_.get(); }

  /// Takes the files that TLS rests on as they are now (tls_client::look).
  task<> look_at_files();

  /// Whether it is time for renew(): by who wants a connection rather than by a timer, as nobody is
  /// woken for connections that nobody uses.
  [[nodiscard]] bool is_due(steady_time now) const {
    return now - options_.limits.renewal >= renewed_;
  }

  /// Looks whether kept connections still lead where new ones would.
  task<> renew(steady_time now);

  [[nodiscard]] proxy_credentials_reader& proxy_credentials() noexcept {
    return proxy_credentials_;
  }

  void count_opened() noexcept { connections_.count_opened(); }
  [[nodiscard]] std::uint64_t opened() const noexcept { return connections_.opened(); }

 private:
  friend class connection;
  struct waiter;

  connection_lease make();
  void serve_next() noexcept;

  asio::io_context& loop_;
  client_options options_;
  route route_;
  std::string common_headers_;
  std::unique_ptr<tls_client> tls_;
  std::unique_ptr<host_lookup> lookup_;
  proxy_credentials_reader proxy_credentials_;
  deadline_timer deadline_timer_;
  connection_set connections_;
  std::deque<waiter*> waiting_;
  steady_time renewed_ = steady_time::min();
};

}  // namespace tokensyncd::http
