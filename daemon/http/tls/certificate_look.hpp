#pragma once

#include <filesystem>
#include <string>

#include "daemon/http/tls/pem_pair.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/time.hpp"

namespace tokensyncd::http {

/// When the first certificate in `file` (PEM), which is the owner's, expires (`notAfter`, RFC 5280,
/// section 4.1.2.5). Those behind it aren't looked at: a verifier may know another way past an
/// expired one. Failure: invalid, where the file can't be read or holds no certificate. Blocks; for
/// any thread.
[[nodiscard]] result<wall_time> expiry_of(const std::filesystem::path& file);

/// Why the two files as they are now are of no use together, as a clause; empty: they fit. Blocks;
/// for any thread.
[[nodiscard]] std::string mismatch_of(const pem_pair& files);

}  // namespace tokensyncd::http
