#pragma once

#include <filesystem>

#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::http {

/// When the first of the certificates in `file` (PEM) expires (`notAfter`, RFC 5280, section
/// 4.1.2.5); who verifies the chain refuses it from then on. Failure: invalid, where the file can't
/// be read or holds no certificate. Blocks; for any thread.
[[nodiscard]] result<wall_time> first_expiry(const std::filesystem::path& file);

}  // namespace tokensyncd::http
