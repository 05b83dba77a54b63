#pragma once

#include <memory>

#include "config/values.hpp"
#include "daemon/sinks/system_calls.hpp"
#include "daemon/sinks/writer_identity.hpp"
#include "daemon/sync/sink.hpp"

namespace tokensyncd::sinks {

/// What sinks share; all of it must outlive them.
struct sink_world {
  system_calls& system;             ///< the kernel
  const writer_identity& identity;  ///< one for the whole program
};

/// The one switch over the kinds of sink. `settings` are copied; throws std::invalid_argument for
/// what the loader would have refused.
[[nodiscard]] std::unique_ptr<sync::sink> make_sink(const config::sink& settings,
                                                    const sink_world& world);

}  // namespace tokensyncd::sinks
