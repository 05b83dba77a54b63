#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "daemon/sync/ports/status.hpp"

namespace tokensyncd::tests {

/// A fleet as a test wants it, behind the interface that readers see.
class fake_fleet final : public sync::status_view {
 public:
  /// Adds a workspace in sync in the sink `files`; change what it returns to what is wanted.
  sync::workspace_status& add(const std::string& id) {
    auto& [key, status] = *workspaces_.try_emplace(id).first;
    status.id = key;
    status.state = sync::workspace_state::ok;
    status.wanted.generation = 1;
    status.wanted.token.bytes.fill(0xAB);
    status.interval = std::chrono::seconds{60};
    sync::sink_status sink;
    sink.name = "files";
    sink.type = "file";
    sink.in_sync = true;
    sink.generation = 1;
    status.sinks.push_back(sink);
    return status;
  }
  void remove(const std::string& id) { workspaces_.erase(id); }

  [[nodiscard]] sync::fleet_status fleet() const override { return totals; }
  [[nodiscard]] std::optional<sync::policy_status> policy() const override { return totals.policy; }
  [[nodiscard]] sync::readiness ready(std::chrono::milliseconds,
                                      std::string_view only) const override {
    const auto found = readiness_of.find(std::string(only));
    return found == readiness_of.end() ? sync::readiness{true, true, {}, 0} : found->second;
  }
  [[nodiscard]] std::size_t size() const noexcept override { return workspaces_.size(); }
  bool next(std::string_view after, sync::workspace_status& out) const override {
    ++reads;
    const auto found = after.empty() ? workspaces_.begin() : workspaces_.upper_bound(after);
    if (found == workspaces_.end()) return false;
    out = found->second;
    return true;
  }
  bool find(std::string_view id, sync::workspace_status& out) const override {
    const auto found = workspaces_.find(id);
    if (found == workspaces_.end()) return false;
    out = found->second;
    return true;
  }

  sync::fleet_status totals;
  std::map<std::string, sync::readiness> readiness_of;  ///< by workspace; empty: of all
  mutable std::size_t reads = 0;

 private:
  std::map<std::string, sync::workspace_status, std::less<>> workspaces_;
};

}  // namespace tokensyncd::tests
