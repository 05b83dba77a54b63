#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/values.hpp"
#include "daemon/sinks/file/commit/temporary_file.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// Looks for what would keep the files `paths` from being written as `settings` say: names that the
/// system doesn't know, directories, what stands in a place, permissions that can't be given. Each
/// directory is looked at once, and with `try_out` tried with an empty temporary file, which is
/// removed again. What concerns many files is one problem; in the order of the paths. Blocks.
[[nodiscard]] std::vector<sync::destination_problem> check_files(
    std::span<const std::string> paths, const config::file_sink_settings& settings,
    sync::thoroughness how, const workshop& with);

}  // namespace tokensyncd::sinks
