#include "daemon/sinks/vault/login.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "daemon/http/request_bytes.hpp"
#include "daemon/sinks/secret_text.hpp"
#include "daemon/sinks/vault/location.hpp"

namespace tokensyncd::sinks::vault {
namespace {

namespace json = boost::json;
using config::vault_auth_method;

constexpr std::uint64_t longest_ttl = 100ULL * 365 * 24 * 3600;

trouble bad_login(std::string sentence) {
  return {cause::no_token, {failure_kind::bad_login, std::move(sentence)}, {}};
}

std::chrono::seconds ttl_in(const json::object& from, std::string_view name) {
  return std::chrono::seconds{std::min(number_in(from, name).value_or(0), longest_ttl)};
}

/// Why there is no token, so that nobody takes it for what was to be done with the token.
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
      return bad_login("Vault at " + host + " doesn't accept the login (" +
                       std::string{why.why == cause::forbidden ? "403" : "400"} + "): check " +
                       credentials);
    default:
      return bad_login("no login: " + why.what.sentence);
  }
}

/// What goes into a header must be fit for one.
std::optional<trouble> check_header(const secret_file& file, std::string_view key) {
  if (http::is_header_value(file.value().reveal())) return {};
  return bad_login("auth." + std::string{key} + ": " + file.path().string() +
                   " holds control characters, so it is no token: put the token there alone, as "
                   "one line");
}

}  // namespace

login::login(config::vault_auth_settings settings, transport& out, clock& time,
             unwrapped_secrets& unwrapped)
    : settings_(std::move(settings)),
      out_(out),
      time_(time),
      token_(settings_.token_file),
      role_id_(settings_.role_id_file),
      secret_id_(settings_.secret_id_file),
      jwt_(settings_.jwt_file),
      unwrapped_(unwrapped) {}

task<outcome<grant>> login::make() {
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

bool login::may_give_another(const secret& current) {
  if (settings_.method != vault_auth_method::token) return true;
  token_.look_now(time_.now());
  return token_.value().reveal() != current.reveal();
}

std::optional<trouble> login::read(secret_file& file, std::string_view key) {
  const auto wrong = file.look_now(time_.now());
  if (file.version() != 0) return {};
  return bad_login("auth." + std::string{key} + ": " +
                   (wrong ? wrong->sentence : file.path().string() + " still can't be read"));
}

task<outcome<grant>> login::by_token() {
  if (auto wrong = read(token_, "token_file")) co_return *std::move(wrong);
  if (auto wrong = check_header(token_, "token_file")) co_return *std::move(wrong);
  grant given;
  given.token = token_.value().clone();
  question what;
  what.path = "auth/token/lookup-self";
  what.token = given.token.reveal();
  auto got = co_await out_.call(what);
  if (!got) {
    co_return explained(got.error(), out_.host(),
                        "that the token in " + token_.path().string() +
                            " is valid, and that its policies include `default`");
  }
  const json::object* data = object_in(got->body.root(), "data");
  if (data == nullptr) co_return bad_login("Vault at " + out_.host() + " doesn't know the token");
  given.terms = {time_.now(), ttl_in(*data, "ttl"), is_true_in(*data, "renewable")};
  // In its last second it looks like one that never ends.
  if (given.terms.ttl.count() == 0 && text_in(*data, "expire_time"))
    given.terms.ttl = std::chrono::seconds{1};
  co_return given;
}

task<outcome<secret>> login::unwrap() {
  if (auto wrong = check_header(secret_id_, "secret_id_file")) co_return *std::move(wrong);
  const secret wrapping = secret_id_.value().clone();
  const auto turn = co_await unwrapped_.turn();
  if (const secret* id = unwrapped_.find(secret_id_.path(), wrapping)) co_return id->clone();
  if (refused_version_ == secret_id_.version()) co_return trouble{cause::no_token, *refused_, {}};
  const bool maybe_by_us = unwrapped_.was_sent(secret_id_.path(), wrapping);
  question what;
  what.method = http::method::post;
  what.path = "sys/wrapping/unwrap";
  what.token = wrapping.reveal();
  unwrapped_.began(secret_id_.path(), wrapping);
  auto got = co_await out_.call(what);
  if (got) {
    const json::object* data = object_in(got->body.root(), "data");
    const auto text = data == nullptr ? std::nullopt : text_in(*data, "secret_id");
    if (!text || text->empty()) {
      co_return bad_login("Vault at " + out_.host() +
                          " gave no secret id for the wrapping token in " +
                          secret_id_.path().string() + ": make it of a role's secret-id");
    }
    unwrapped_.gave(secret_id_.path(), secret{*text});
    co_return secret{*text};
  }
  const cause why = got.error().why;
  // Not sent, sealed, no answer: the wrapping token may be as good as before.
  if (why != cause::refused && why != cause::forbidden)
    co_return explained(got.error(), out_.host(), "auth.secret_id_file");
  refused_version_ = secret_id_.version();
  refused_ = spent(maybe_by_us);
  co_return trouble{cause::no_token, *refused_, {}};
}

failure login::spent(bool maybe_by_us) const {
  return {failure_kind::bad_login,
          "the wrapping token in " + secret_id_.path().string() + " gives no secret id: it " +
              (maybe_by_us ? "was sent before, and the answer was lost;"
                           : "has run out, or somebody else has used it (find out who);") +
              " put a new one there"};
}

task<std::optional<trouble>> login::look_at_wrapping() {
  if (auto wrong = read(secret_id_, "secret_id_file")) co_return wrong;
  if (unwrapped_.find(secret_id_.path(), secret_id_.value()) != nullptr) co_return std::nullopt;
  secret_text body;
  append_json_member(body, "token", secret_id_.value().reveal());
  body.append('}');
  question what;
  what.method = http::method::post;
  what.path = "sys/wrapping/lookup";
  what.body = body.reveal();
  const auto got = co_await out_.call(what);
  if (got) co_return std::nullopt;
  const cause why = got.error().why;
  if (why != cause::refused && why != cause::forbidden)
    co_return explained(got.error(), out_.host(), "auth.secret_id_file");
  co_return trouble{cause::no_token, spent(false), {}};
}

task<outcome<grant>> login::by_approle() {
  if (auto wrong = read(role_id_, "role_id_file")) co_return *std::move(wrong);
  secret_text body;
  append_json_member(body, "role_id", role_id_.value().reveal());
  if (!settings_.secret_id_file.empty()) {
    if (auto wrong = read(secret_id_, "secret_id_file")) co_return *std::move(wrong);
    secret id = secret_id_.value().clone();
    if (settings_.secret_id_wrapped) {
      auto inner = co_await unwrap();
      if (!inner) co_return inner.error();
      id = *std::move(inner);
    }
    append_json_member(body, "secret_id", id.reveal());
  }
  body.append('}');
  co_return co_await post(body.reveal(), "auth.role_id_file and auth.secret_id_file");
}

task<outcome<grant>> login::by_jwt() {
  if (auto wrong = read(jwt_, "jwt_file")) co_return *std::move(wrong);
  secret_text body;
  append_json_member(body, "jwt", jwt_.value().reveal());
  if (!settings_.role.empty()) append_json_member(body, "role", settings_.role);
  body.append('}');
  co_return co_await post(body.reveal(),
                          "auth.role, and that it allows the identity in auth.jwt_file");
}

task<outcome<grant>> login::by_certificate() {
  secret_text body;
  if (settings_.name.empty()) {
    body.append('{');
  } else {
    append_json_member(body, "name", settings_.name);
  }
  body.append('}');
  co_return co_await post(body.reveal(),
                          "auth.name, and that it allows the certificate in tls.cert_file");
}

task<outcome<grant>> login::post(std::string_view body, std::string credentials) {
  const std::string path = "auth/" + encode_path(settings_.mount) + "/login";
  question what;
  what.method = http::method::post;
  what.path = path;
  what.body = body;
  auto got = co_await out_.call(what);
  if (!got) co_return explained(got.error(), out_.host(), credentials);
  const json::object* auth = object_in(got->body.root(), "auth");
  const auto token = auth == nullptr ? std::nullopt : text_in(*auth, "client_token");
  if (!token || token->empty() || !http::is_header_value(*token)) {
    co_return bad_login("Vault at " + out_.host() +
                        " gave no token for the login: check auth.mount and auth.method");
  }
  grant given;
  given.token = secret{*token};
  given.terms = {time_.now(), ttl_in(*auth, "lease_duration"), is_true_in(*auth, "renewable")};
  co_return given;
}

}  // namespace tokensyncd::sinks::vault
