#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/runtime/async/blocking_pool.hpp"
#include "daemon/runtime/process/child.hpp"
#include "daemon/sinks/exec/arguments.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/sync/ports/hook.hpp"

namespace tokensyncd::sinks {

/// What keeps the program of a hook from being run by this user; none where nothing does. Blocks.
[[nodiscard]] result<void> look_at_hook(const config::hook_settings& settings);

/// The program of `on_change`. It is told no token: only the sink's name, in TOKENSYNCD_SINK, and
/// which workspaces changed, in TOKENSYNCD_WORKSPACES (see changed_workspaces). Where its command
/// names a workspace it is run for each of them, one after the other. For the loop's thread.
class hook_program final : public sync::hook {
 public:
  hook_program(std::string sink, const config::hook_settings& settings,
               const sink_context& context);

  task<result<void>> run(std::span<sync::hook_change> changes,
                         const sync::token_test& known) override;
  task<result<void>> check() override;
  void end_by(steady_time when) override;

 private:
  task<result<void>> run_for_each(const std::string& program, std::span<sync::hook_change> changes,
                                  const sync::token_test& known);
  task<result<void>> run_once(const std::string& program, std::span<sync::hook_change> changes,
                              const sync::token_test& known);

  [[nodiscard]] failure explain(const child_end& end, const std::string& whom,
                                std::string_view last_line) const;

  const std::string sink_;
  const config::hook_settings settings_;
  const arguments command_;
  const sink_context context_;
  std::string last_tried_;  ///< the workspace with which the latest round of single runs ended
  blocking_pool starter_{1};
  child* running_ = nullptr;
  steady_time last_ = steady_time::max();  ///< see end_by()
};

}  // namespace tokensyncd::sinks
