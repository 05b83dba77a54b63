#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "daemon/http/deadline_timer.hpp"
#include "daemon/http/server/server_connection.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::http {

/// The connections of one server: runs them, keeps their deadlines, and knows which one goes when
/// there are too many. A connection counts for its holder, the peer's address or network. It has no
/// errors of its own. For the loop's thread; all connections must have ended before it is
/// destroyed, or the loop must run no more.
class accepted_connections {
 public:
  explicit accepted_connections(executor on);
  accepted_connections(const accepted_connections&) = delete;
  accepted_connections& operator=(const accepted_connections&) = delete;
  ~accepted_connections();

  /// How many have not ended.
  [[nodiscard]] std::size_t count() const noexcept { return live_; }

  /// What keeps their deadlines, for `around` of add().
  [[nodiscard]] deadline_timer& deadlines() noexcept { return deadlines_; }

  /// Takes `socket` over, of the address family `family`, and serves it until it ends.
  void add(int socket, int family, std::uint64_t holder,
           const server_connection::surroundings& around);

  /// Frees those that have ended; not from inside a connection.
  void drop_ended();

  /// Closes the one that goes first, see server_limits::connections; false where none may go.
  bool evict_one();

  /// Returns when a connection ends, or at `until`.
  task<void> wait_for_room(steady_time until);

  /// Finishes the replies in progress (a second at most) and closes everything.
  task<void> finish();

 private:
  struct child;

  [[nodiscard]] bool goes_before(const child& one, const child& other) const;
  steady_time look(steady_time now);

  executor on_;
  deadline_timer deadlines_;
  timer room_;  ///< cancelled when a connection ends
  std::list<child> children_;
  std::unordered_map<std::uint64_t, std::size_t> held_;  ///< connections of each holder
  std::size_t live_ = 0;
};

}  // namespace tokensyncd::http
