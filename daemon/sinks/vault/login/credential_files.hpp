#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/runtime/fs/file_reader.hpp"
#include "daemon/runtime/fs/secret_file.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// The files that hold the credentials of a login: reads them away from the loop, and knows whether
/// an operator has replaced one since the last login. For the loop's thread.
class credential_files {
 public:
  /// Refers to `time`. `report` takes a sentence for the log when a disk that hangs keeps the files
  /// from being read.
  credential_files(const config::vault_auth_settings& settings, clock& time,
                   std::function<void(const std::string&)> report);

  /// Reads the files. Returns soon where their disk hangs: the contents read before stay in use.
  task<> read();

  /// A login uses the contents of the last read.
  void use() noexcept { used_versions_ = versions(); }

  /// Whether a file held other credentials at the last read than at the last use().
  [[nodiscard]] bool are_new() const noexcept;

  /// Why there is no content of `file`, which the configuration names by `auth.<key>`; none where
  /// there is one.
  [[nodiscard]] std::optional<trouble> check_read(const secret_file& file,
                                                  std::string_view key) const;

  [[nodiscard]] const secret_file& token() const noexcept { return token_; }
  [[nodiscard]] const secret_file& role_id() const noexcept { return role_id_; }
  [[nodiscard]] const secret_file& secret_id() const noexcept { return secret_id_; }
  [[nodiscard]] const secret_file& jwt() const noexcept { return jwt_; }

 private:
  [[nodiscard]] std::uint64_t versions() const noexcept;

  clock& time_;
  secret_file token_;
  secret_file role_id_;
  secret_file secret_id_;
  secret_file jwt_;
  std::string unread_;                          ///< the last failure to read a file
  std::optional<std::uint64_t> used_versions_;  ///< of all files, at the last login
  file_reader reader_;
};

}  // namespace tokensyncd::sinks::vault
