#pragma once

#include <cstring>
#include <optional>

#include "daemon/model/revision.hpp"
#include "daemon/sinks/vault/secret/kv.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks::vault {

/// A sync::etag of this sink: the engine with the version, the shape of the members, and a keyed
/// digest of them. By the digest, not the version, it is seen whether a secret is as recorded:
/// writing the same again by hand changes nothing that matters.
struct vault_etag {
  engine_kind kind = engine_kind::v2;
  std::uint64_t version = 0;
  std::uint64_t shape = 0;
  fingerprint digest{};

  [[nodiscard]] sync::etag pack() const noexcept {
    sync::etag out;
    out.words[0] = version << 2U | (kind == engine_kind::v2 ? 2U : 1U);
    out.words[1] = shape;
    static_assert(sizeof digest.bytes == 2 * sizeof out.words[2]);
    std::memcpy(&out.words[2], digest.bytes.data(), sizeof digest.bytes);
    return out;
  }

  /// None where nothing is recorded, or by another kind of sink.
  [[nodiscard]] static std::optional<vault_etag> unpack(const sync::etag& from) noexcept {
    const std::uint64_t kind = from.words[0] & 3U;
    if (kind != 1 && kind != 2) return {};
    vault_etag out;
    out.kind = kind == 2 ? engine_kind::v2 : engine_kind::v1;
    out.version = from.words[0] >> 2U;
    out.shape = from.words[1];
    std::memcpy(out.digest.bytes.data(), &from.words[2], sizeof out.digest.bytes);
    return out;
  }
};

}  // namespace tokensyncd::sinks::vault
