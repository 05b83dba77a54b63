#pragma once

#include <cstdint>
#include <string>

#include "daemon/control/rotation.hpp"

namespace tokensyncd::commands {

using control::rotation_line;

/// What is said of it on standard output, with a line end; what went wrong is in `why`.
[[nodiscard]] std::string render_rotation(const rotation_line& line);

/// Whether other rotations of the same command should go on after this one: not where it would
/// stop tokens that nothing replaces, or isn't going to be any better for the next.
[[nodiscard]] bool may_go_on(const rotation_line& line);

/// Who carries out a rotation: the daemon, which retries, or the command alone, which ends.
enum class rotated_by : std::uint8_t { daemon, command };

/// Text for the end of `why` when a rotation is not delivered everywhere, or its result is not
/// known: who retries, or what to do.
[[nodiscard]] std::string next_step(const rotation_line& line, rotated_by whom);

}  // namespace tokensyncd::commands
