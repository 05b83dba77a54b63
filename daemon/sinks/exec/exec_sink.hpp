#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/values.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/child.hpp"
#include "daemon/runtime/mask.hpp"
#include "daemon/sinks/content.hpp"
#include "daemon/sinks/exec/arguments.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sinks/vault/gate.hpp"
#include "daemon/sync/sink.hpp"

namespace tokensyncd::sinks {

/// A program that takes each token on its standard input. Exit code 0 means that it has it.
///
/// At most four run at once. While the daemon stops, those that run have `time_at_the_end`.
class exec_sink final : public sync::sink {
 public:
  static constexpr unsigned at_once = 4;
  /// Less than the 10 s after which the daemon leaves.
  static constexpr std::chrono::seconds time_at_the_end{7};

  exec_sink(std::string name, const config::exec_sink_settings& settings, const sink_world& world);

  [[nodiscard]] std::string_view type() const noexcept override { return "exec"; }
  [[nodiscard]] std::string place(const sync::target& whom) const override;
  task<result<sync::delivered>> deliver(const sync::order& what) override;
  task<void> inspect(std::span<sync::inspection> places) override;
  task<result<void>> withdraw(const sync::target& whom, const sync::mark& sign) override;
  task<std::vector<sync::place_problem>> check(std::span<const sync::target> all,
                                               sync::thoroughness how) override;
  [[nodiscard]] std::chrono::milliseconds inspect_interval() const noexcept override {
    return settings_.inspect_interval;
  }
  /// Waits for the end of its use, then sees to it that what runs ends in time.
  task<void> tend() override;

 private:
  task<result<child_end>> run(child_order what);
  [[nodiscard]] child_order order_for(const arguments& command, const sync::target& whom) const;
  [[nodiscard]] failure explain(const child_end& end, const sync::target& whom) const;

  const std::string name_;
  const config::exec_sink_settings settings_;
  const arguments command_;
  const arguments inspect_;
  const content input_;
  const sink_world world_;
  blocking_pool starter_{1};
  vault::gate places_;
  std::set<child*> running_;
  std::unordered_set<std::string> drifted_;  ///< places that inspect() found so
  unsigned uses_ = 0;  ///< sinks of the setup that it serves; two while it is renamed
  bool closing_ = false;
};

}  // namespace tokensyncd::sinks
