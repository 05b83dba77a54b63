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

/// Why clients of today refuse the first certificate in `file` (PEM), as a clause; empty: they
/// don't, or none could be read. A key or signature must have 112 bits of security, as OpenSSL
/// demands at its security level 2, SSL_CTX_set_security_level(3); where its default is lower, it
/// would serve what others refuse. Blocks; for any thread.
[[nodiscard]] std::string weakness_of(const std::filesystem::path& file);

/// Why the two files as they are now are of no use together, as a clause; empty: they fit. Blocks;
/// for any thread.
[[nodiscard]] std::string mismatch_of(const pem_pair& files);

}  // namespace tokensyncd::http
