#pragma once

#include <string>

#include "config/values.hpp"
#include "config/yaml/section.hpp"

/// Readers of what names programs: exec sinks, and hooks of any sink.
namespace tokensyncd::config {

[[nodiscard]] sink read_exec_sink(const node& value, const std::string& name, reading& from);

/// `on_change` of a sink, where it has one.
void read_hook(const section& in, reading& from, sink& target);

}  // namespace tokensyncd::config
