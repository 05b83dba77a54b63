#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "daemon/http/deadline_timer.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

/// Addresses of a host, in the order in which to try them.
using addresses = std::vector<asio::ip::address>;

/// Asks for a host's addresses and blocks until they are there. Called on a thread of its own.
using look_up = std::function<result<addresses>(const std::string& host)>;

/// The system's look-up, getaddrinfo(3).
[[nodiscard]] result<addresses> system_look_up(const std::string& host);

/// Looks one host up, anew each time that it is asked. A look-up runs on a thread of its own that
/// nobody ever waits for: one that hangs delays neither others nor the end of the program. At most
/// one is under way; who asks meanwhile gets its answer. For the loop's thread.
class host_lookup {
 public:
  host_lookup(asio::io_context& loop, std::string host, look_up how);
  ~host_lookup();
  host_lookup(const host_lookup&) = delete;
  host_lookup& operator=(const host_lookup&) = delete;

  /// The addresses, never none. Failures: unreachable, also at `deadline`.
  task<result<addresses>> ask(steady_time deadline);

  /// Looks the host up without anybody waiting for it, and has `told` hear its addresses. A look-up
  /// that fails is told to nobody.
  void ask_beside(std::function<void(const addresses&)> told);

 private:
  struct flight;
  struct waiter;

  void take_off();
  void landed(const result<addresses>& found);

  asio::io_context& loop_;
  std::string host_;
  look_up how_;
  std::shared_ptr<flight> flight_;
  std::vector<waiter*> waiting_;
  std::function<void(const addresses&)> told_;  // empty: nobody asked beside
};

}  // namespace tokensyncd::http
