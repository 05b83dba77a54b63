#include "daemon/sinks/vault/login/login.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

#include "daemon/http/text/request_bytes.hpp"
#include "daemon/sinks/secret_text.hpp"
#include "daemon/sinks/vault/login/login_failure.hpp"
#include "daemon/sinks/vault/secret/location.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;
using config::vault_auth_method;

constexpr std::uint64_t longest_ttl = 100ULL * 365 * 24 * 3600;

std::chrono::seconds ttl_in(const json::object& from, std::string_view name) {
  return std::chrono::seconds{std::min(number_in(from, name).value_or(0), longest_ttl)};
}

/// What a look-up says of a token whose last use it was.
constexpr std::uint64_t no_uses_left = std::numeric_limits<std::uint64_t>::max();

std::string used_up(const secret_file& file) {
  return "the token in " + file.path().string() +
         " has no uses left (num_uses): replace it, preferably with one that has no limit";
}

}  // namespace

login::login(config::vault_auth_settings settings, transport& out, clock& time,
             unwrapped_secrets& unwrapped, std::function<void(const std::string&)> report)
    : settings_(std::move(settings)),
      out_(out),
      time_(time),
      files_(settings_, time, std::move(report)),
      wrapped_(files_.secret_id(), out, unwrapped) {}

void login::ask_anew() noexcept {
  tries_.forget();
  wrapped_.ask_anew();
}

task<outcome<grant>> login::make() {
  co_await files_.read();
  files_.use();
  co_return co_await make_one();
}

task<outcome<grant>> login::make_one() {
  switch (settings_.method) {
    case vault_auth_method::token:
      return by_token();
    case vault_auth_method::approle:
      return by_approle();
    case vault_auth_method::kubernetes:
    case vault_auth_method::jwt:
      return by_jwt();
    case vault_auth_method::cert:
      return by_certificate();
  }
  throw std::invalid_argument("unknown method of a Vault login");
}

bool login::may_give_another(const secret& current) const {
  if (settings_.method != vault_auth_method::token) return true;
  return files_.token().value().reveal() != current.reveal();
}

task<std::optional<trouble>> login::look_at_wrapping() {
  co_await files_.read();
  if (auto wrong = files_.check_read(files_.secret_id(), "secret_id_file")) co_return wrong;
  co_return co_await wrapped_.look();
}

task<outcome<grant>> login::by_token() {
  if (auto wrong = files_.check_read(files_.token(), "token_file")) co_return *std::move(wrong);
  if (auto wrong = check_header(files_.token(), "token_file")) co_return *std::move(wrong);
  grant given;
  given.token = files_.token().value().clone();
  question what;
  what.path = "auth/token/lookup-self";
  what.token = given.token.reveal();
  auto got = co_await out_.call(what);
  if (!got) {
    co_return explained(got.error(), out_.host(),
                        "that the token in " + files_.token().path().string() +
                            " is valid, and that its policies include `default`");
  }
  const json::object* data = object_in(got->body.root(), "data");
  if (data == nullptr) co_return bad_login("Vault at " + out_.host() + " does not know the token");
  given.terms = {time_.now(), ttl_in(*data, "ttl"), is_true_in(*data, "renewable")};
  // What is left after this call; below 0 after the last one.
  given.uses = number_in(*data, "num_uses").value_or(data->contains("num_uses") ? no_uses_left : 0);
  if (given.uses == no_uses_left) co_return bad_login(used_up(files_.token()));
  // In its last second it looks like one that never ends.
  if (given.terms.ttl.count() == 0 && text_in(*data, "expire_time"))
    given.terms.ttl = std::chrono::seconds{1};
  co_return given;
}

task<outcome<grant>> login::by_approle() {
  if (auto wrong = files_.check_read(files_.role_id(), "role_id_file")) co_return *std::move(wrong);
  secret_text body;
  append_json_member(body, "role_id", files_.role_id().value().reveal());
  if (!settings_.secret_id_file.empty()) {
    if (auto wrong = files_.check_read(files_.secret_id(), "secret_id_file"))
      co_return *std::move(wrong);
  }
  const login_tries::credentials which{files_.role_id().version(), files_.secret_id().version()};
  const auto before = tries_.may_try(which, time_.now());
  if (before != login_tries::permission::may_try)
    co_return trouble{cause::no_token, given_up(before), {}};
  if (!settings_.secret_id_file.empty()) {
    secret id = files_.secret_id().value().clone();
    if (settings_.secret_id_wrapped) {
      auto inner = co_await wrapped_.unwrap();
      if (!inner) co_return inner.error();
      id = *std::move(inner);
    }
    append_json_member(body, "secret_id", id.reveal());
  }
  body.append('}');
  const auto got = co_await post(body.reveal());
  if (got) {
    tries_.forget();
  } else if (got.error().why == cause::refused) {
    tries_.refused(which);
  } else if (got.error().why == cause::forbidden) {
    tries_.locked_out(which, time_.now());
    locked_until_ = time_.wall() + login_tries::lockout;
  }
  const auto permission = tries_.may_try(which, time_.now());
  if (permission != login_tries::permission::may_try)
    co_return trouble{cause::no_token, given_up(permission), {}};
  co_return read_grant(got, "auth.role_id_file and auth.secret_id_file");
}

failure login::given_up(login_tries::permission why) const {
  if (why == login_tries::permission::locked_out) {
    return {failure_kind::bad_login,
            "Vault at " + out_.host() +
                " refuses the login (403): after too many wrong logins the server locks the role "
                "until about " +
                format_rfc3339(std::chrono::floor<std::chrono::minutes>(locked_until_)) +
                "; find out which client uses a wrong secret id, or unlock the role "
                "(sys/locked-users)"};
  }
  return {failure_kind::bad_login,
          "Vault at " + out_.host() +
              " does not accept the login (400): check auth.role_id_file and auth.secret_id_file; "
              "tokensyncd does not try a third time until one of them changes or you run "
              "`tokensyncd sync`, because five wrong logins lock the role"};
}

task<outcome<grant>> login::by_jwt() {
  if (auto wrong = files_.check_read(files_.jwt(), "jwt_file")) co_return *std::move(wrong);
  secret_text body;
  append_json_member(body, "jwt", files_.jwt().value().reveal());
  if (!settings_.role.empty()) append_json_member(body, "role", settings_.role);
  body.append('}');
  const auto got = co_await post(body.reveal());
  co_return read_grant(got, "auth.role, and that it allows the identity in auth.jwt_file");
}

task<outcome<grant>> login::by_certificate() {
  secret_text body;
  if (settings_.name.empty()) {
    body.append('{');
  } else {
    append_json_member(body, "name", settings_.name);
  }
  body.append('}');
  const auto got = co_await post(body.reveal());
  co_return read_grant(got, "auth.name, and that it allows the certificate in tls.cert_file");
}

task<outcome<reply>> login::post(std::string_view body) {
  const std::string path = "auth/" + encode_path(settings_.mount) + "/login";
  question what;
  what.method = http::method::post;
  what.path = path;
  what.body = body;
  co_return co_await out_.call(what);
}

outcome<grant> login::read_grant(const outcome<reply>& got, const std::string& credentials) const {
  if (!got) return explained(got.error(), out_.host(), credentials);
  const json::object* auth = object_in(got->body.root(), "auth");
  if (auth != nullptr && object_in(*auth, "mfa_requirement") != nullptr) {
    return bad_login("Vault at " + out_.host() +
                     " requires a second factor (MFA) for this login, which a daemon cannot give: "
                     "remove the login enforcement from " +
                     settings_.mount + ", or use another mount for the sink");
  }
  const auto token = auth == nullptr ? std::nullopt : text_in(*auth, "client_token");
  if (!token || token->empty() || !http::is_header_value(*token)) {
    return bad_login("Vault at " + out_.host() +
                     " gave no token for the login: check auth.mount and auth.method");
  }
  grant given;
  given.token = secret{*token};
  given.terms = {time_.now(), ttl_in(*auth, "lease_duration"), is_true_in(*auth, "renewable")};
  given.uses = number_in(*auth, "num_uses").value_or(0);
  return given;
}

}  // namespace tokensyncd::sinks::vault
