#pragma once

#include "config/values.hpp"
#include "config/yaml_writer.hpp"

namespace tokensyncd::config {

/// Prints one member of `sinks`, defaults included. Files that hold secrets are named, not read.
void print_sink(yaml_writer& to, const sink& one);

}  // namespace tokensyncd::config
