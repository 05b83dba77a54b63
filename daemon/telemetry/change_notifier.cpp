#include "daemon/telemetry/change_notifier.hpp"

#include <utility>

namespace tokensyncd::telemetry {

change_notifier::change_notifier(sync::events& next, std::function<void()> on_change)
    : next_(next), on_change_(std::move(on_change)) {}

void change_notifier::checked(const sync::check_event& what) {
  next_.checked(what);
  if (on_change_) on_change_();
}

void change_notifier::revised(const sync::revision_event& what) {
  next_.revised(what);
  if (on_change_) on_change_();
}

void change_notifier::answered_stale(const sync::stale_event& what) {
  next_.answered_stale(what);
  if (on_change_) on_change_();
}

void change_notifier::delivered(const sync::delivery_event& what) {
  next_.delivered(what);
  if (on_change_) on_change_();
}

void change_notifier::delivery_failed(const sync::delivery_failure_event& what) {
  next_.delivery_failed(what);
  if (on_change_) on_change_();
}

void change_notifier::drifted(std::string_view workspace, std::string_view sink) {
  next_.drifted(workspace, sink);
  if (on_change_) on_change_();
}

void change_notifier::upstream_changed(const sync::upstream_event& what) {
  next_.upstream_changed(what);
  if (on_change_) on_change_();
}

void change_notifier::denied_all(std::size_t workspaces) {
  next_.denied_all(workspaces);
  if (on_change_) on_change_();
}

void change_notifier::gone_all(std::size_t workspaces) {
  next_.gone_all(workspaces);
  if (on_change_) on_change_();
}

void change_notifier::state_failed(const failure& error) {
  next_.state_failed(error);
  if (on_change_) on_change_();
}

void change_notifier::task_failed(const failure& fault) {
  next_.task_failed(fault);
  if (on_change_) on_change_();
}

void change_notifier::rotating(const sync::rotation_event& what) {
  next_.rotating(what);
  if (on_change_) on_change_();
}

void change_notifier::policy_changed(const sync::policy_event& what) {
  next_.policy_changed(what);
  if (on_change_) on_change_();
}

void change_notifier::verified(const sync::verification_event& what) {
  next_.verified(what);
  if (on_change_) on_change_();
}

void change_notifier::retired(const sync::retirement_event& what) {
  next_.retired(what);
  if (on_change_) on_change_();
}

void change_notifier::hook_ran(const sync::hook_event& what) {
  next_.hook_ran(what);
  if (on_change_) on_change_();
}

}  // namespace tokensyncd::telemetry
