#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::sync {

/// Writes everything that it is told into lines, e.g. `rotated acme 1->2 poll`.
class recorder final : public events {
 public:
  std::vector<std::string> lines;
  std::size_t errors_of_removals = 0;
  std::vector<std::optional<wall_time>> paused_until;  ///< of each word of the upstream
  std::size_t own_failures = 0;  ///< failed checks that are said to be their workspaces' own
  std::string throws_at;         ///< how a line begins with which it throws; empty: it never does
  [[nodiscard]] std::size_t count(std::string_view start) const;

  void checked(const check_event& what) override;
  void revised(const revision_event& what) override;
  void answered_stale(const stale_event& what) override;
  void delivered(const delivery_event& what) override;
  void delivery_failed(const delivery_failure_event& what) override;
  void drifted(std::string_view workspace, std::string_view sink) override;
  void upstream_changed(const upstream_event& what) override;
  void denied_all(std::size_t workspaces) override;
  void gone_all(std::size_t workspaces) override;
  void state_failed(const failure& error) override;
  void task_failed(const failure& fault) override;
  void retired(const retirement_event& what) override;
  void hook_ran(const hook_event& what) override;
  void rotating(const rotation_event& what) override;
  void policy_changed(const policy_event& what) override;
  void verified(const verification_event& what) override;

 private:
  void note(std::string line);
};

}  // namespace tokensyncd::sync
