#pragma once

#include <string>

#include "daemon/model/failure.hpp"
#include "daemon/sinks/file/commit/system_calls.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// Deletes the file that was written at `file` with the etag `tag`, durably. Success also where
/// that file is gone: its directory is there, on the same device, without it. Failures:
/// missing_place while the directory, or the file system that it was on, is away; conflict where
/// another file is there; what the system refused. Blocks; from any thread.
[[nodiscard]] result<void> remove_file(system_calls& system, const std::string& file,
                                       const sync::etag& tag);

}  // namespace tokensyncd::sinks
