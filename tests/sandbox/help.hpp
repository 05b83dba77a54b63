#pragma once

namespace tokensyncd::sandbox {

/// The second half of `--help`: settings, control API, faults.
extern const char* const help_text;

}  // namespace tokensyncd::sandbox
