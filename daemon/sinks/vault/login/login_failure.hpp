#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/runtime/fs/secret_file.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// There is no token, and a person has to do something about it.
[[nodiscard]] trouble bad_login(std::string sentence);

/// Why there is no token, so that nobody takes it for what was to be done with the token.
/// `credentials` is what to check where Vault doesn't accept them.
[[nodiscard]] trouble explained(const trouble& why, const std::string& host,
                                const std::string& credentials);

/// What goes into a header must be fit for one; none where it is.
[[nodiscard]] std::optional<trouble> check_header(const secret_file& file, std::string_view key);

}  // namespace tokensyncd::sinks::vault
