#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/sinks/vault/secret/location.hpp"
#include "daemon/sinks/vault/server/refusal.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// What is at a place.
struct found_secret {
  enum class state : std::uint8_t { absent, deleted, there };
  state is = state::absent;
  /// Of the newest version, also where that is deleted: what `cas` has to say. 0 for KV v1 and
  /// where nothing was ever written.
  std::uint64_t version = 0;
  reply from;  ///< holds `fields`

  /// The secret's members; null where it isn't there.
  [[nodiscard]] const boost::json::object* fields() const noexcept;
  /// What KV v2 tells of the secret beside; null for v1 and where it was never written.
  [[nodiscard]] const boost::json::object* metadata() const noexcept;
  engine_kind kind = engine_kind::v2;
};

/// What the answer to a read means. Deleted and destroyed versions are `deleted`.
[[nodiscard]] outcome<found_secret> read_secret(engine_kind kind, outcome<reply> got,
                                                std::string_view host);

/// The version that a write to KV v2 made; 0 for v1. cause::wrong_kind where the answer isn't one
/// of that engine's.
[[nodiscard]] outcome<std::uint64_t> read_write(engine_kind kind, const outcome<reply>& got,
                                                std::string_view host);

/// What the mount look-up (`sys/internal/ui/mounts/<path>`) says. cause::wrong_kind for another
/// engine than KV.
[[nodiscard]] outcome<engine_kind> read_mount(const outcome<reply>& got, std::string_view host,
                                              std::string_view mount);

}  // namespace tokensyncd::sinks::vault
