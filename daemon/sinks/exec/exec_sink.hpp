#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/async/semaphore.hpp"
#include "daemon/runtime/log/mask.hpp"
#include "daemon/runtime/process/child.hpp"
#include "daemon/sinks/content.hpp"
#include "daemon/sinks/exec/arguments.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// A program that takes each token on its standard input. Exit code 0 means that it has it.
///
/// At most four run at once. One that has run for two seconds isn't counted among them any longer,
/// up to sixteen, so that programs that hang for some workspaces hold up no others. For the loop's
/// thread.
class exec_sink final : public sync::sink {
 public:
  static constexpr unsigned at_once = 4;
  static constexpr unsigned most_slow = 16;
  static constexpr std::chrono::seconds slow_after{2};

  exec_sink(std::string name, const config::exec_sink_settings& settings,
            const sink_context& context);

  [[nodiscard]] std::string_view type() const noexcept override { return "exec"; }
  [[nodiscard]] std::string destination(const sync::target& whom) const override;
  task<result<sync::delivered>> deliver(const sync::delivery_request& what) override;
  task<void> inspect(std::span<sync::inspection> destinations) override;
  task<result<void>> withdraw(const sync::target& whom, const sync::etag& tag) override;
  task<std::vector<sync::destination_problem>> check(std::span<const sync::target> all,
                                                     sync::thoroughness how) override;
  [[nodiscard]] std::chrono::milliseconds inspect_interval() const noexcept override {
    return settings_.inspect_interval;
  }
  void end_by(steady_time when) override;

 private:
  [[nodiscard]] bool holds_the_same(const sync::delivery_request& what) const;
  [[nodiscard]] sync::etag next_etag();
  task<result<sync::delivered>> hand_over(const sync::delivery_request& what);
  task<result<child_end>> run(child_request what);
  task<> lend_slot_once_slow();
  void set_slots();
  [[nodiscard]] child_request order_for(const arguments& command, const sync::target& whom) const;
  [[nodiscard]] failure explain(const child_end& end, const sync::target& whom,
                                std::string_view last_line) const;

  const std::string name_;
  const config::exec_sink_settings settings_;
  const arguments command_;
  const arguments inspect_;
  const content input_;
  const sink_context context_;
  blocking_pool starter_{1};
  semaphore slots_;
  unsigned slow_ = 0;  ///< programs that have run for long
  std::set<child*> running_;
  std::uint64_t handed_over_ = 0;
  steady_time last_ = steady_time::max();  ///< see end_by()
};

}  // namespace tokensyncd::sinks
