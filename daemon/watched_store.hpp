#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "daemon/sync/store.hpp"

namespace tokensyncd {

/// A store of which is known whether it could be written to the last time. For the loop's thread.
class watched_store final : public sync::store {
 public:
  /// `on_change` is called when failing() has become another; empty: nobody asks. `held` must
  /// outlive this.
  watched_store(sync::store& held, std::function<void()> on_change);

  /// Whether the last save() failed.
  [[nodiscard]] bool failing() const noexcept { return failing_; }

  result<void> load(wall_time now,
                    const std::function<void(const sync::stored_workspace&)>& on_workspace,
                    const std::function<void(const sync::stored_presence&)>& on_presence) override;
  result<std::vector<std::uint16_t>> token_lengths() override { return held_.token_lengths(); }
  task<result<void>> save(std::vector<sync::change> changes) override;

 private:
  sync::store& held_;
  std::function<void()> on_change_;
  bool failing_ = false;
};

}  // namespace tokensyncd
