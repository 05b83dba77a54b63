#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include <sys/types.h>

#include "daemon/runtime/clock.hpp"
#include "daemon/sync/ports/events.hpp"
#include "daemon/telemetry/audit/audit_file.hpp"

namespace tokensyncd::telemetry {

/// Who gave a command over the control socket (SO_PEERCRED).
struct requester {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<uid_t> login_uid;  ///< who logged in, whatever su or sudo made of it since
};

/// The audit log: one JSON object a line for a first sight, a rotation (with the time of each of
/// its steps), a delivery or why it failed, a refusal by the API, a retirement, a hook, a reload, a
/// command and what it did. Tokens appear by fingerprint. Never blocks, never throws for the file's
/// sake. For the loop's thread.
class audit {
 public:
  /// `file` empty: there is none, and every call does nothing.
  audit(const std::filesystem::path& file, const clock& time, logger& log,
        metrics::daemon_metrics& metrics);

  void revised(const sync::revision_event& what);
  void delivered(const sync::delivery_event& what);
  void delivery_failed(const sync::delivery_failure_event& what);

  /// The API has no token of the workspace: it denies it or doesn't know it.
  void refused(const sync::check_event& what);
  void retired(const sync::retirement_event& what);
  void hook_ran(const sync::hook_event& what);
  void rotating(const sync::rotation_event& what);
  void policy_changed(const sync::policy_event& what);
  void verified(const sync::verification_event& what);

  /// `error`: why the reload was refused; null: it was taken.
  void reloaded(const failure* error, std::string_view changes);

  /// `command`: `reload`, `sync`, `plan`, `rotate`, `verify`. `workspace`: empty for all.
  /// `outcome`: `done` or what went wrong, as one word.
  void commanded(std::string_view command, std::string_view workspace, const requester& who,
                 std::string_view outcome);

  /// Opens the file anew (SIGHUP, logrotate).
  void reopen() { reopen(path_); }

  /// Opens the file that a reload names. Empty: no more audit log.
  void reopen(const std::filesystem::path& file);

  /// Whether the last attempt to write failed.
  [[nodiscard]] bool failing() const noexcept;

 private:
  template <class Fill>
  void line(std::string_view event, Fill fill);

  const clock& time_;
  logger& log_;
  metrics::daemon_metrics& metrics_;
  std::filesystem::path path_;
  std::unique_ptr<audit_file> former_;  ///< no longer wanted, and at its last lines
  std::unique_ptr<audit_file> file_;
};

}  // namespace tokensyncd::telemetry
