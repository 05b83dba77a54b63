#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tokensyncd::sandbox {

/// Writes `ca.pem`, `server.pem` (its chain) and `server-key.pem` (0600) into `directory`, which is
/// made where it isn't there: a new authority, and a server certificate of it for `names` (DNS
/// names or IP addresses), both valid for ten years. Throws where it can't.
void make_certificates(const std::filesystem::path& directory,
                       const std::vector<std::string>& names);

}  // namespace tokensyncd::sandbox
