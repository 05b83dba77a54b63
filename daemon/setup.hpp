#pragma once

#include <memory>
#include <string>

#include "config/values.hpp"
#include "daemon/runtime/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/sinks/make_sink.hpp"
#include "daemon/source/partner_source.hpp"
#include "daemon/sync/engine.hpp"

namespace tokensyncd {

/// What sources and sinks are made with; all of it must outlive them.
struct setup_world {
  asio::io_context& loop;
  clock& time;
  logger& log;
  sinks::sink_world places;
};

/// What we call ourselves in HTTP: `tokensyncd/<version>`.
[[nodiscard]] std::string user_agent();

/// Writes what sinks tell into `log`, which must outlive it, as `sink.notice`.
[[nodiscard]] sinks::notice sink_notices(logger& log);

/// The Partner API as configured, its secret read. Throws std::runtime_error with one sentence when
/// the CA file, or the Partner Secret, can't be used.
[[nodiscard]] std::shared_ptr<source::partner_source> make_source(
    const config::partner_settings& settings, const setup_world& world);

/// Whom to ask whether a token works: the Public API as configured, over one connection. Throws
/// std::runtime_error when the CA file can't be used.
[[nodiscard]] std::shared_ptr<sync::verifier> make_verifier(
    const config::partner_settings& settings, const setup_world& world);

/// All that the engine needs of a configuration, with the source made for it. Throws what
/// sinks::make_sink() throws.
[[nodiscard]] sync::engine_setup make_setup(const config::configuration& settings,
                                            std::shared_ptr<sync::source> from,
                                            const setup_world& world);

}  // namespace tokensyncd
