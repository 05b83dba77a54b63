#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/http/client/client.hpp"
#include "daemon/http/text/origin.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/async/semaphore.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sinks/vault/server/admission.hpp"
#include "daemon/sinks/vault/server/cluster_state.hpp"
#include "daemon/sinks/vault/server/concurrency_limiter.hpp"
#include "daemon/sinks/vault/server/refusal.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// One call. The views must stay valid until it is done.
struct question {
  http::method method = http::method::get;
  std::string_view path;   ///< after `/v1/`, percent-encoded
  std::string_view body;   ///< JSON; may hold secrets
  std::string_view token;  ///< X-Vault-Token; empty: none
  importance matters = importance::login;
  std::string_view name_space;  ///< another than the sink's; empty: the sink's
};

/// The servers of one Vault cluster, as one: asks the one that answered last, moves on to the next
/// where one can't have done what was asked (no connection, sealed, no active node) or is in
/// trouble of its own at a read (at a write the next call does), follows one
/// 307 to another configured address and to nowhere else, as the token goes along. Waits out a node
/// that lags behind (412) and a quota (429), as long as that doesn't take too long. Of several
/// addresses the active node's is asked: standbys of OpenBao since 2.5 answer out of a copy that is
/// older. For the loop's thread.
class transport {
 public:
  /// `time` must outlive this. Throws std::runtime_error when a CA or certificate can't be used.
  transport(asio::io_context& loop, clock& time, const config::vault_sink_settings& settings,
            std::string_view user_agent);

  /// Makes one call. Repeats nothing that may have been done: cause::lost says so. A success, and
  /// a 404 with data, is a reply.
  task<outcome<reply>> call(const question& what);

  /// Whether what is recorded may be gone, as the cluster is another one or was out of reach; asks
  /// the node that is used, without a token, and finds the active one where that is another.
  task<bool> look_at_cluster();

  /// Whether the node that is used is a standby; asks it where that isn't known.
  task<bool> is_with_standby();

  /// The host that is asked first now, for sentences.
  [[nodiscard]] const std::string& host() const { return endpoints_[preferred_].where.host; }

 private:
  struct endpoint {
    http::origin where;
    std::unique_ptr<http::client> client;
  };
  /// The answer of one server: a reply, or a redirect to the server at an index.
  struct server_answer {
    outcome<reply> what;
    std::optional<std::size_t> redirect{};
  };

  task<outcome<reply>> call_patiently(const question& what);
  task<outcome<reply>> call_around(const question& what);
  task<> learn_who_is_active();
  task<std::optional<health>> find_active();
  task<std::optional<health>> ask_health(std::size_t index);
  [[nodiscard]] trouble left_alone() const;
  /// Sends the next calls to the node `index`, which is known to be active.
  void prefer_active(std::size_t index) noexcept;
  /// The same for a node of which that is not known.
  void prefer(std::size_t index) noexcept;
  task<server_answer> ask(std::size_t index, const question& what);
  [[nodiscard]] server_answer read(const http::answer& from, const endpoint& asked);
  [[nodiscard]] std::optional<std::size_t> find(const http::origin& where) const;
  void learn(const outcome<reply>& from);

  clock& time_;
  std::string namespace_;
  std::vector<endpoint> endpoints_;
  std::size_t preferred_ = 0;
  std::optional<bool> is_active_;  ///< the preferred one; none: not known
  bool may_have_moved_ = true;     ///< the active node isn't looked for yet, or may be another
  semaphore looks_;                ///< for the active node: one at a time
  state_index index_;
  cluster_watch cluster_;
  concurrency_limiter at_once_;
  admission admission_;
};

}  // namespace tokensyncd::sinks::vault
