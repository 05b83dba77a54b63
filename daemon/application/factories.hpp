#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/application/sink_set.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log/log.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/source/partner_source.hpp"
#include "daemon/sync/engine.hpp"

namespace tokensyncd {

/// What sources and sinks are made with; all of it must outlive them.
struct factory_context {
  asio::io_context& loop;
  clock& time;
  logger& log;
  sinks::sink_context
      for_sinks;  ///< `partner` is as it was at the start: make_sinks() knows better
};

/// The daemon's own files, for the sinks' guard.
[[nodiscard]] std::vector<sinks::own_file> own_files_of(const config::configuration& settings);

/// What we call ourselves in HTTP: `tokensyncd/<version>`.
[[nodiscard]] std::string user_agent();

/// Writes what sinks tell into `log`, which must outlive it, as `sink.notice`.
[[nodiscard]] sinks::notice sink_notices(logger& log);

/// Writes what sinks' programs write into `log`, which must outlive it, as `hook.output`.
[[nodiscard]] sinks::program_line sink_outputs(logger& log);

/// The Partner API as configured, its secret read. Throws std::runtime_error with one sentence when
/// the CA file, or the Partner Secret, can't be used, and command_failed (os_error) where the
/// environment names a proxy that can't be.
[[nodiscard]] std::shared_ptr<source::partner_source> make_source(
    const config::partner_settings& settings, const factory_context& world);

/// Whom to ask whether a token works: the Public API as configured. Throws the same for the CA file
/// and the proxy.
[[nodiscard]] std::shared_ptr<sync::verifier> make_verifier(
    const config::partner_settings& settings, const factory_context& world);

/// The sinks as configured, those of `running` among them that would be made alike. Throws what
/// sinks::make_sink() throws.
[[nodiscard]] std::vector<made_sink> make_sinks(const config::configuration& settings,
                                                const std::vector<made_sink>& running,
                                                const factory_context& world);

/// All that the engine needs of a configuration, with the source and the sinks made for it. Hooks
/// are made anew, and the sinks' guard is told of the daemon's own files.
[[nodiscard]] sync::engine_settings make_setup(const config::configuration& settings,
                                               std::shared_ptr<sync::source> from,
                                               const std::vector<made_sink>& sinks,
                                               const factory_context& world);

}  // namespace tokensyncd
