#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/client/client.hpp"
#include "daemon/http/client/connection.hpp"
#include "daemon/http/client/host_lookup.hpp"
#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/text/origin.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/fs/file_reader.hpp"

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
  [[nodiscard]] const origin& target() const noexcept { return target_; }
  /// The proxy, where there is one.
  [[nodiscard]] const std::optional<origin>& proxy() const noexcept { return proxy_; }
  /// Whom to connect to: the proxy or the origin.
  [[nodiscard]] const origin& next_hop() const noexcept { return proxy_ ? *proxy_ : target_; }
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

  /// Ours at the proxy, as proxy_auth_file holds them now, or held them before its disk hung. Null
  /// where there are none, or the file can't be read; valid until the next await.
  task<const secret*> proxy_credentials();

  void count_opened() noexcept { ++opened_; }
  [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }

 private:
  friend class connection;
  struct waiter;

  connection_lease make();
  void serve_next() noexcept;
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
  std::optional<secret> proxy_text_;  // what proxy_auth_file held
  file_reader proxy_file_;
  deadline_timer deadline_timer_;
  std::vector<std::unique_ptr<connection>> idle_;  // the last one used at the end
  std::vector<connection*> busy_;
  std::deque<waiter*> waiting_;
  std::uint64_t opened_ = 0;
  steady_time renewed_ = steady_time::min();
};

}  // namespace tokensyncd::http
