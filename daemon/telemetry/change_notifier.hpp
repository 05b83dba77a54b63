#pragma once

#include <functional>
#include <string_view>

#include "daemon/sync/ports/events.hpp"

namespace tokensyncd::telemetry {

/// Passes every event on, then says that something happened: for whoever shows the state as a whole
/// (systemd's status line, a progress bar) and needs no event's details. For the loop's thread.
class change_notifier final : public sync::events {
 public:
  /// `next` must outlive this; `on_change` is called on the loop's thread, between two awaits.
  change_notifier(sync::events& next, std::function<void()> on_change);

  void checked(const sync::check_event& what) override;
  void revised(const sync::revision_event& what) override;
  void answered_stale(const sync::stale_event& what) override;
  void delivered(const sync::delivery_event& what) override;
  void delivery_failed(const sync::delivery_failure_event& what) override;
  void drifted(std::string_view workspace, std::string_view sink) override;
  void upstream_changed(const sync::upstream_event& what) override;
  void denied_all(std::size_t workspaces) override;
  void gone_all(std::size_t workspaces) override;
  void state_failed(const failure& error) override;
  void task_failed(const failure& fault) override;
  void retired(const sync::retirement_event& what) override;
  void hook_ran(const sync::hook_event& what) override;
  void rotating(const sync::rotation_event& what) override;
  void policy_changed(const sync::policy_event& what) override;
  void verified(const sync::verification_event& what) override;

 private:
  sync::events& next_;
  std::function<void()> on_change_;
};

}  // namespace tokensyncd::telemetry
