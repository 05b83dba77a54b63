#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tokensyncd::sinks::vault {

/// `secret/my path` as it stands in a request's path: each segment percent-encoded.
[[nodiscard]] std::string encode_path(std::string_view path);

/// Which of Vault's two KV engines is mounted.
enum class engine_kind : std::uint8_t { v1, v2 };

/// Where one secret is.
struct location {
  engine_kind kind = engine_kind::v2;
  std::string mount;  ///< `secret`
  std::string path;   ///< below it, as it is: not encoded

  /// The request's path to the secret, to its metadata, to the deletion of versions (v2 alone).
  [[nodiscard]] std::string secret_path() const;
  [[nodiscard]] std::string metadata_path() const;
  [[nodiscard]] std::string delete_path() const;

  /// As policies name it: not percent-encoded.
  [[nodiscard]] std::string policy_path() const {
    return mount + (kind == engine_kind::v2 ? "/data/" : "/") + path;
  }

  /// `secret/timelines/acme`, for people.
  [[nodiscard]] std::string name() const { return mount + "/" + path; }
};

}  // namespace tokensyncd::sinks::vault
