#include "daemon/sinks/vault/login/login_failure.hpp"

#include <utility>

#include "daemon/http/text/request_bytes.hpp"

namespace tokensyncd::sinks::vault {

trouble bad_login(std::string sentence) {
  return {cause::no_token, {failure_kind::bad_login, std::move(sentence)}, {}};
}

trouble explained(const trouble& why, const std::string& host, const std::string& credentials) {
  switch (why.why) {
    case cause::lost:
      return {cause::unreached, why.what, {}};
    case cause::unreached:
    case cause::sealed:
    case cause::no_active:
    case cause::quota:
    case cause::not_yet:
    case cause::upgrading:
    case cause::malformed:
    case cause::broken:
      return why;
    case cause::forbidden:
    case cause::refused:
      return bad_login("Vault at " + host + " does not accept the login (" +
                       std::string{why.why == cause::forbidden ? "403" : "400"} + "): check " +
                       credentials);
    default:
      return bad_login("the login failed: " + why.what.sentence);
  }
}

std::optional<trouble> check_header(const secret_file& file, std::string_view key) {
  if (http::is_header_value(file.value().reveal())) return {};
  return bad_login(
      "auth." + std::string{key} + ": " + file.path().string() +
      " holds control characters, so it is not a token: put only the token there, in one line");
}

}  // namespace tokensyncd::sinks::vault
