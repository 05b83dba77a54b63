#include "daemon/application/opened_state.hpp"

#include <utility>

#include "daemon/model/exit_code.hpp"

namespace tokensyncd {

namespace {

store::opened open_state(const config::state_settings& settings, opening_limits limits,
                         wall_time now, logger& log) {
  if (settings.in_memory) {
    return store::make_memory_store();
  }
  const opening_watch watched{settings, limits};
  auto opened = store::open_sqlite(settings.file, now);
  if (!opened) {
    const bool busy = opened.error().kind == failure_kind::busy;
    throw command_failed(busy ? exit_code::busy : exit_code::os_error, opened.error().sentence);
  }
  if (opened->notice) {
    log.warning("state.replaced", *opened->notice);
  }
  return std::move(*opened);
}

}  // namespace

opened_state::opened_state(asio::io_context& loop, clock& time,
                           const config::state_settings& settings, opening_limits limits,
                           logger& log, std::function<void()> on_change)
    : opened(open_state(settings, limits, time.wall(), log)),
      watched(loop, time, *opened.state, std::move(on_change)) {}

}  // namespace tokensyncd
