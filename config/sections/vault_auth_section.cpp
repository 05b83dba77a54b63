#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/rules/file_checks.hpp"
#include "config/sections/common_keys.hpp"
#include "config/sections/sections.hpp"
#include "config/sections/sink_sections.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;
using method = vault_auth_method;

// optional, as a method that is wrong is none, and its keys then can't be judged.
using maybe_method = std::optional<method>;
constexpr std::array methods{
    word<maybe_method>{"token", method::token}, word<maybe_method>{"approle", method::approle},
    word<maybe_method>{"kubernetes", method::kubernetes}, word<maybe_method>{"jwt", method::jwt},
    word<maybe_method>{"cert", method::cert}};

/// Where Kubernetes puts the token of a pod's service account.
constexpr std::string_view service_account_token =
    "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The keys that a method knows.
keys::list keys_of(method one) {
  static constexpr std::string_view token[] = {"method", "check_interval", "token_file"};
  static constexpr std::string_view approle[] = {
      "method", "check_interval", "mount", "role_id_file", "secret_id_file", "secret_id_wrapped"};
  static constexpr std::string_view by_jwt[] = {"method", "check_interval", "mount", "role",
                                                "jwt_file"};
  static constexpr std::string_view cert[] = {"method", "check_interval", "mount", "name"};
  switch (one) {
    case method::token:
      return token;
    case method::approle:
      return approle;
    case method::kubernetes:
    case method::jwt:
      return by_jwt;
    case method::cert:
      break;
  }
  return cert;
}

bool knows(method one, std::string_view key) {
  const keys::list known = keys_of(one);
  return std::ranges::find(known, key) != known.end();
}

std::string_view name_of(method one) {
  return std::ranges::find(methods, one, &word<maybe_method>::second)->first;
}

/// Reports keys that only other methods know, by the methods' names.
void refuse_keys_of_others(const section& in, method chosen) {
  for (const node& member : in.members()) {
    if (knows(chosen, member.key)) {
      continue;
    }
    std::string others;
    for (const auto& [name, other] : methods) {
      if (knows(*other, member.key)) {
        others += (others.empty() ? "" : "` or `method: ") + std::string{name};
      }
    }
    if (!others.empty()) {
      in.key_error(member, member.key,
                   "belongs to `method: " + others +
                       "`, not to `method: " + std::string{name_of(chosen)} + "`");
    }
  }
}

void require_for(const section& in, std::string_view key, method chosen) {
  if (!in.has(key)) {
    in.missing(key, "; `method: " + std::string{name_of(chosen)} + "` needs it");
  }
}

/// In a pod nothing need be written; elsewhere the file must be named.
void read_service_account_token(const section& in, const node& auth,
                                std::filesystem::path& target) {
  if (in.has("jwt_file") || !auth.complete) {
    return read_secret_file(in, "jwt_file", target);
  }
  target = service_account_token;
  if (const std::string trouble = secret_file_trouble(target); !trouble.empty()) {
    in.error(auth, "jwt_file", "is not set, so it is " + target.string() + ", which " + trouble);
  }
}

void read_approle(const section& in, vault_auth_settings& target) {
  require_for(in, "role_id_file", method::approle);
  read_secret_file(in, "role_id_file", target.role_id_file);
  read_secret_file(in, "secret_id_file", target.secret_id_file);
  in.read("secret_id_wrapped", target.secret_id_wrapped);
  if (in.has("secret_id_wrapped") && !in.has("secret_id_file")) {
    in.missing("secret_id_file", "; `secret_id_wrapped` needs it");
  }
}

void read_check_interval(const section& in, milliseconds& target) {
  in.read("check_interval", target, 0ms, longest_interval);
  if (target > 0ms && target < 1s) {
    in.error(*in.find("check_interval"), "check_interval", "must be at least 1s, or 0s for never");
  }
}

}  // namespace

void read_vault_auth(const node& value, const std::string& sink, reading& from,
                     vault_auth_settings& target) {
  const section in{value, "sinks." + sink + ".auth", from};
  if (value.kind != node_kind::mapping) {
    return;
  }
  if (!in.has("method")) {
    in.missing("method", "; it is one of token, approle, kubernetes, jwt, cert");
  }
  maybe_method chosen;
  in.read("method", chosen, methods);
  if (!chosen) {
    // Which keys are right isn't known, but what no method has is wrong.
    in.know(keys::vault_auth);
    return;
  }
  target.method = *chosen;
  read_check_interval(in, target.check_interval);
  in.know(keys_of(*chosen), {}, keys::vault_auth);
  refuse_keys_of_others(in, *chosen);
  if (knows(*chosen, "mount")) {
    target.mount = name_of(*chosen);
    read_slash_path(in, "mount", target.mount);
  }
  if (knows(*chosen, "role")) {
    target.role = in.text("role").value_or("");
  }
  switch (*chosen) {
    case method::token:
      require_for(in, "token_file", method::token);
      return read_secret_file(in, "token_file", target.token_file);
    case method::approle:
      return read_approle(in, target);
    case method::kubernetes:
      require_for(in, "role", method::kubernetes);
      return read_service_account_token(in, value, target.jwt_file);
    case method::jwt:
      require_for(in, "jwt_file", method::jwt);
      return read_secret_file(in, "jwt_file", target.jwt_file);
    case method::cert:
      target.name = in.text("name").value_or("");
      return;
  }
}

}  // namespace tokensyncd::config
