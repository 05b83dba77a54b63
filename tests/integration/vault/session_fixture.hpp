#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/sinks/vault/login/session.hpp"
#include "tests/integration/vault/vault_desk.hpp"

namespace tokensyncd::sinks::vault {

/// Vault's answer to a login or a renewal.
inline std::string granted(const std::string& token, int ttl = 60, bool renewable = true) {
  return R"({"auth":{"client_token":")" + token + R"(","lease_duration":)" + std::to_string(ttl) +
         R"(,"renewable":)" + (renewable ? "true" : "false") + "}}";
}

inline constexpr auto approle = "auth/approle/login";
inline constexpr auto renewal = "auth/token/renew-self";

/// A session by AppRole, unless a test says otherwise.
class vault_session : public tests::vault_desk {
 protected:
  vault_session() {
    auth_.method = config::vault_auth_method::approle;
    auth_.mount = "approle";
    auth_.check_interval = {};  // a login is made where a test asks for one
    auth_.role_id_file = directory_ / "role-id";
    auth_.secret_id_file = directory_ / "secret-id";
    put("role-id", "the role\n");
    put("secret-id", "the secret\n");
  }

  session& open() {
    transport_ = std::make_unique<transport>(loop_, clock_, settings(), "");
    auto tell = [this](log_level, const std::string& sentence) { told_.push_back(sentence); };
    auto recovered = [this] { ++recovered_; };
    session_ = std::make_unique<session>(
        auth_, *transport_, session_context{clock_, rng_, unwrapped_, tell, recovered});
    return *session_;
  }

  /// The token as it is now, or the sentence why there is none.
  std::string token() {
    auto got = run(session_->token());
    return got ? std::string{(*got)->reveal()} : got.error().what.sentence;
  }

  config::vault_auth_settings auth_;
  std::vector<std::string> told_;
  int recovered_ = 0;
  unwrapped_secrets unwrapped_{clock_};
  std::unique_ptr<transport> transport_;
  std::unique_ptr<session> session_;
};

}  // namespace tokensyncd::sinks::vault
