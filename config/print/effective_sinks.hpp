#pragma once

#include "config/print/yaml_writer.hpp"
#include "config/values.hpp"

namespace tokensyncd::config {

/// Prints one member of `sinks`, defaults included. Files that hold secrets are named, not read.
void print_sink(yaml_writer& to, const sink& one);

}  // namespace tokensyncd::config
