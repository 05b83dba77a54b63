#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace tokensyncd::sinks::vault {

/// What `custom_metadata` of a KV v2 secret says for everybody to see: who manages it. Vault has it
/// since 1.9.
struct signature {
  std::string_view partner;
  std::string_view workspace;
  std::uint32_t generation = 0;
};

/// Whose a secret is, by its metadata.
enum class owner : std::uint8_t {
  us,
  somebody_else,  ///< managed by another program, or for another partner or workspace
  unsaid          ///< nobody says that he manages it
};

/// Where custom metadata is: the `data` of an answer to a read of metadata, or the `metadata` of
/// one to a read of the secret itself, which newer servers include. An object without
/// `custom_metadata` tells nothing about it.
using secret_metadata = boost::json::object;

/// Whether it says anything about custom metadata.
[[nodiscard]] bool tells_custom(const secret_metadata& from) noexcept;

[[nodiscard]] owner read_owner(const secret_metadata& from, const signature& ours);

/// The body of a write that signs the secret, with all custom metadata of others kept; none where
/// it is signed so already, where Vault is too old to have custom metadata, and where it has no
/// room for ours (64 entries).
[[nodiscard]] std::optional<std::string> sign(const secret_metadata& from, const signature& ours);

}  // namespace tokensyncd::sinks::vault
