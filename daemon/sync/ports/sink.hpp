#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/revision.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::sync {

/// By what a sink knows its own work again: 32 bytes that only it understands (a file's device,
/// inode, size and ctime; a secret's version in Vault). All zero: nothing is recorded.
struct etag {
  std::array<std::uint64_t, 4> words{};
  friend bool operator==(const etag&, const etag&) = default;
};

/// Whom a sink writes for. The views must outlive the call.
struct target {
  std::string_view workspace;
  const config::labels& labels;
};

/// What is recorded of a destination: its token, by fingerprint, and the sink's etag.
struct recorded {
  fingerprint token{};
  etag tag{};
  bool drifted = false;  ///< what was there when it was last looked at was something else
};

/// Whether a sink takes an etag for that of what it has found.
using etag_test = std::function<bool(const etag& tag)>;

/// An entry of the configuration: a workspace in a sink.
struct etag_owner {
  std::string workspace;
  std::string sink;
};

/// Finds who has an etag recorded that passes a test: any other entry of sinks of the same type.
/// For the loop's thread; looks through all entries.
using etag_search = std::function<std::optional<etag_owner>(const etag_test& is_it)>;

/// A workspace that a sink writes for.
struct sink_member {
  std::string workspace;
  const config::labels* labels;  ///< never null; valid until the loop's next turn
  bool may_come;                 ///< it has a token, or may get one: the API doesn't refuse it
  bool is_failing;               ///< its last check has failed
};

/// All workspaces that a sink writes for, in the order of their ids. For the loop's thread; looks
/// through all entries.
using sink_member_list = std::function<std::vector<sink_member>()>;

/// One revision for one place. What it refers to must outlive the call.
struct delivery_request {
  target whom;
  const revision& what;
  const secret& token;
  /// What the ledger knows to be there; none where it knows nothing (first time, lost state).
  std::optional<recorded> present{};
  /// Fingerprint of the token before, so that the sink can tell its own older work from a
  /// stranger's.
  std::optional<fingerprint> previous{};
  /// Who else wrote what is there; empty where nobody can be asked.
  etag_search others{};
  /// The etag of what may be there, or come back, beside what is recorded: a write that failed may
  /// have been done; a file system may be away. In: what an earlier delivery said. Out: what is so
  /// now; all zero: nothing. Null where nobody asks.
  etag* uncertain = nullptr;
  /// Whose tokens may be in the same place; empty where nobody can be asked, as of a sink whose
  /// places are of one workspace each.
  sink_member_list members{};
};

/// `written`: new content. `unchanged`: it was right already, nothing was touched. `repaired`: what
/// is recorded was no longer there as recorded, so it was written again.
enum class write_result : std::uint8_t { written, unchanged, repaired };

struct delivered {
  write_result how = write_result::written;
  etag tag{};
  /// Other workspaces that had failed as `incomplete`, whose tokens came with this one: to be
  /// delivered again, which records them.
  std::vector<std::string> along{};
};

/// What a look at a place has shown.
enum class destination_state : std::uint8_t {
  unknown,      ///< it can't be looked at now
  as_recorded,  ///< what is there is what was recorded
  drifted       ///< it isn't: deleted, edited, wrong mode
};

/// A place to look at, and the verdict.
struct inspection {
  target whom;
  etag tag{};                    ///< as recorded
  std::uint32_t generation = 0;  ///< as recorded; 0: nothing may come of the look
  destination_state seen = destination_state::unknown;  ///< out
};

/// What would keep a sink from delivering.
struct destination_problem {
  std::string_view key;        ///< what to look at in the sink's section: `path`, `owner`, `group`
  failure what;                ///< names a place, and the next step
  std::size_t workspaces = 1;  ///< how many it concerns
};

/// How far a check of the places goes: `look` writes nothing, `try_out` also makes a file in each
/// directory and removes it.
enum class thoroughness : std::uint8_t { look, try_out };

/// What a sink has found out by itself.
enum class sink_news : std::uint8_t {
  try_again,  ///< what failed may succeed now: a login works again, a right came back
  look_again  ///< what is recorded may be gone: the server was replaced, restored or restarted
};

/// Who asks a sink to try anew. An operator may have put something right; a reload may have, too,
/// but it also comes of files that a program writes, however often.
enum class anew : std::uint8_t { reload, by_an_operator };

/// A place where tokens must be. Called from the loop's thread; blocking work goes to a pool of its
/// own. Retrying, backoff and order are delivery's business, not the sink's.
class sink {
 public:
  virtual ~sink() = default;

  /// The kind as in the configuration: `file`, `vault`, `exec`.
  [[nodiscard]] virtual std::string_view type() const noexcept = 0;

  /// Where it writes for `whom`, e.g. `file:/run/tokens/acme`: the key under which the state is
  /// kept, so that a renamed sink knows its own work again.
  [[nodiscard]] virtual std::string destination(const target& whom) const = 0;

  /// The place without what may change while it stays the same (the address of a server): before
  /// anything is taken away, nobody else may have the same. Where that is in doubt, it is the same.
  [[nodiscard]] virtual std::string canonical_location(const target& whom) const {
    return destination(whom);
  }

  /// Brings one revision to its place, durably, and only where it differs. May be called again for
  /// other workspaces before it is done; never twice at once for one workspace. A write that has
  /// begun is finished even when the coroutine is cancelled. Failures name the place and the next
  /// step. `incomplete` comes from a place of several workspaces that can't be written before the
  /// tokens of others have come, and calls for a look at it.
  virtual task<result<delivered>> deliver(const delivery_request& what) = 0;

  /// Compares what was recorded with what is there, without writing.
  virtual task<void> inspect(std::span<inspection> destinations) = 0;

  /// Takes away what it wrote for a workspace that left (`on_remove: delete`).
  virtual task<result<void>> withdraw(const target& whom, const etag& tag) = 0;

  /// Whether it can remove what is at `destination`, as destination() of it, or of a sink with
  /// other settings before it, named it.
  [[nodiscard]] virtual bool reaches(std::string_view /*destination*/) const { return false; }

  /// canonical_location() of such a place.
  [[nodiscard]] virtual std::string canonical_location_at(std::string_view destination) const {
    return std::string{destination};
  }

  /// Takes away what was written at such a place, as withdraw() does.
  virtual task<result<void>> withdraw_from(std::string_view destination, const etag& tag);

  /// Looks for what would keep it from delivering to `all`, leaving nothing behind. What several
  /// workspaces have in common is looked at once and is one problem.
  virtual task<std::vector<destination_problem>> check(std::span<const target> all,
                                                       thoroughness how) = 0;

  /// Whether two destinations with one etag are one, by whatever names: a file has one identity.
  [[nodiscard]] virtual bool etag_is_the_destination() const noexcept { return false; }

  /// How often to inspect what is recorded; 0: at the interval of the workspaces' checks, and
  /// before the first of them, as looking costs next to nothing.
  [[nodiscard]] virtual std::chrono::milliseconds inspect_interval() const noexcept {
    return std::chrono::milliseconds{0};
  }

  /// What the sink does by itself while it is in use, such as renewing its login. May return when
  /// there is nothing (more) to do. When cancelled it finishes what must not be left half done, in
  /// 2 s at most, and returns or throws operation_aborted.
  virtual task<void> tend() { co_return; }

  /// Who hears what tend() finds out, on the loop's thread. For sinks of a server that refuses and
  /// recovers by itself; others have nothing to say.
  virtual void report_to(std::function<void(sink_news what)> /*listener*/) {}

  /// What was refused before is asked about at once. What an operator alone should repeat, such as
  /// a login whose credentials were refused, is repeated for him alone. Whether deliveries that
  /// failed may succeed by that.
  virtual bool ask_anew(anew /*why*/) { return false; }

  /// The daemon stops: what is delivered now has to be through at `when`. For sinks whose
  /// deliveries may take longer; called at most once.
  virtual void end_by(steady_time /*when*/) {}

  /// When what the sink is logged in with runs out; none where it isn't logged in, or for ever.
  [[nodiscard]] virtual std::optional<wall_time> login_expires() const noexcept { return {}; }

  /// Why the server no longer accepts the sink's credentials, even if the present login is still
  /// good; empty: it does, or hasn't been asked. None for sinks that don't log in. Valid until the
  /// loop's next turn.
  [[nodiscard]] virtual std::optional<std::string_view> login_error() const noexcept { return {}; }
};

inline task<result<void>> sink::withdraw_from(std::string_view, const etag&) {
  co_return failure{failure_kind::invalid, "this sink cannot remove a token"};
}

}  // namespace tokensyncd::sync
