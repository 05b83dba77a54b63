#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/model/time.hpp"
#include "daemon/runtime/async/async.hpp"
#include "daemon/runtime/clock.hpp"
#include "daemon/sinks/vault/login/credential_files.hpp"
#include "daemon/sinks/vault/login/grant.hpp"
#include "daemon/sinks/vault/login/login_tries.hpp"
#include "daemon/sinks/vault/login/unwrapped_secrets.hpp"
#include "daemon/sinks/vault/login/wrapped_secret_id.hpp"
#include "daemon/sinks/vault/server/transport.hpp"
#include "daemon/sinks/vault/server/trouble.hpp"

namespace tokensyncd::sinks::vault {

/// Gets a Vault token by the configured method. Credentials are read from their files at each
/// login, so a new one is used without a restart; a wrapped secret id is unwrapped once for each
/// content of its file, as a wrapping token works once only. For the loop's
/// thread, one login at a time.
class login {
 public:
  /// Refers to `out`, `time` and `unwrapped`. `report` takes a sentence for the log when a disk
  /// that hangs keeps the files from being read.
  login(config::vault_auth_settings settings, transport& out, clock& time,
        unwrapped_secrets& unwrapped, std::function<void(const std::string&)> report);

  /// Makes a login: one call, with a wrapped secret id that is new two, with method `token` a
  /// look-up of the token's own TTL. No call where the server has refused the same AppRole
  /// credentials often enough (login_tries). Failures: those of transport::call, and bad_login
  /// where the credentials can't be read or aren't accepted.
  task<outcome<grant>> make();

  /// Whether the secret id is a wrapped one, so that a login may use something up.
  [[nodiscard]] bool is_wrapped() const noexcept { return settings_.secret_id_wrapped; }

  /// Whether the wrapping token in `secret_id_file` is still good, without using it up; no call
  /// where it was used by us.
  task<std::optional<trouble>> look_at_wrapping();

  /// Reads the files. Returns soon where their disk hangs: what was read before stays in use.
  task<> read_credentials() { return files_.read(); }

  /// Whether a file held other credentials at the last read than were used for the last login.
  [[nodiscard]] bool has_new_credentials() const noexcept { return files_.are_new(); }

  /// An operator asks: credentials that were given up may be tried again.
  void ask_anew() noexcept;

  /// Whether a login makes a token; method `token` only looks at the one in its file.
  [[nodiscard]] bool gives_tokens() const noexcept {
    return settings_.method != config::vault_auth_method::token;
  }

  /// Whether another login may give another token: not so where method `token`'s file still held
  /// `current` at the last read.
  [[nodiscard]] bool may_give_another(const secret& current) const;

 private:
  task<outcome<grant>> make_one();
  task<outcome<grant>> by_token();
  task<outcome<grant>> by_approle();
  task<outcome<grant>> by_jwt();
  task<outcome<grant>> by_certificate();
  task<outcome<reply>> post(std::string_view body);
  [[nodiscard]] outcome<grant> read_grant(const outcome<reply>& got,
                                          const std::string& credentials) const;
  [[nodiscard]] failure given_up(login_tries::permission why) const;

  config::vault_auth_settings settings_;
  transport& out_;
  clock& time_;
  credential_files files_;
  wrapped_secret_id wrapped_;
  login_tries tries_;         ///< of AppRole credentials
  wall_time locked_until_{};  ///< about when a role that is locked out is let in again
};

}  // namespace tokensyncd::sinks::vault
