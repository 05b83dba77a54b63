#pragma once

#include <cstdint>
#include <optional>

#include "daemon/model/revision.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/crypto.hpp"
#include "daemon/sinks/vault/secret/kv.hpp"
#include "daemon/sinks/vault/secret/payload.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks::vault {

/// What the secret itself says of whether it may be written.
enum class ownership : std::uint8_t {
  right,   ///< it is what is wanted: nothing is to be written
  free,    ///< never written, or its newest version is deleted
  ours,    ///< it holds a token that we know, or is what we recorded
  unclear  ///< it doesn't say: see metadata.hpp, payload::is_signed_for
};

/// By what we know our own work again.
struct known_writes {
  const sync::delivery_request& what;  ///< wanted, before and recorded tokens
  std::optional<fingerprint> record;   ///< digest of the members as last written or seen right
};

/// A digest of members in their canonical form. Under the installation's key, as it is stored.
[[nodiscard]] fingerprint digest_of(const secret& canonical, const fingerprinter& prints);

/// Judges what was found beside `wanted`, the canonical form of what is to be there.
[[nodiscard]] ownership check_ownership(const found_secret& found, const secret& wanted,
                                        const payload& form, const known_writes& known,
                                        const fingerprinter& prints);

}  // namespace tokensyncd::sinks::vault
