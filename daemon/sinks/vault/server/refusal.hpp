#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/sinks/vault/secret/document.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// An answer of Vault's, without its headers.
struct reply {
  unsigned status = 0;
  document body;  ///< empty where there is none (204)
};

/// What an answer's status and body mean where they mean that it wasn't done; none for a success,
/// and for a 404 that tells of a deleted version (its data is an object). `host` is named in the
/// sentence; what Vault says is compared and never quoted. Error texts are those of Vault 1.8 and
/// later, and OpenBao, which keep them.
[[nodiscard]] std::optional<trouble> read_refusal(
    const reply& from, std::string_view host, std::optional<std::chrono::milliseconds> retry_after);

/// The same sentence with what it concerns, e.g. `secret/timelines/acme`, in front.
[[nodiscard]] failure about(std::string_view destination, const trouble& what);

}  // namespace tokensyncd::sinks::vault
