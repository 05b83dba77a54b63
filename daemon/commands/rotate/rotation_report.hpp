#pragma once

#include <string>

#include "daemon/control/rotation.hpp"

namespace tokensyncd::commands {

using control::rotation_line;

/// What is said of it on standard output, with a line end; what went wrong is in `why`.
[[nodiscard]] std::string render_rotation(const rotation_line& line);

/// Whether other rotations of the same command should go on after this one: not where it would
/// stop tokens that nothing replaces, or isn't going to be any better for the next.
[[nodiscard]] bool may_go_on(const rotation_line& line);

/// What to say behind `why` of one that isn't delivered everywhere, or isn't known: who goes on, or
/// what to do.
[[nodiscard]] std::string next_step(const rotation_line& line, bool daemon_runs);

}  // namespace tokensyncd::commands
