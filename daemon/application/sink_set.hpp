#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd {

/// A sink, and all that decided how it was made.
struct made_sink {
  config::sink settings;
  std::string partner;  ///< partner.id
  std::shared_ptr<sync::sink> writer;
  /// What it is called in its notices: follows a renaming, as a name is no reason to make it anew.
  std::shared_ptr<std::string> known_as;
};

/// Makes a sink that is called what `known_as` says at the time. Throws what can't be made.
using sink_maker = std::function<std::unique_ptr<sync::sink>(
    const config::sink& settings, const std::shared_ptr<const std::string>& known_as)>;

/// The sinks of `next`, in its order. One of `running` that was made from the same goes on, the one
/// of the same name first, as it may hold what can't be got twice (a login whose wrapped secret id
/// is spent); the others are made. Nothing that runs is changed, so that a reload may still fail.
[[nodiscard]] std::vector<made_sink> succeed_sinks(const std::vector<made_sink>& running,
                                                   const config::configuration& next,
                                                   const sink_maker& make);

/// From now on they are called as their settings say: once a reload has taken them.
void rename_sinks(const std::vector<made_sink>& sinks);

}  // namespace tokensyncd
