#include "tests/sandbox/partner_api.hpp"

#include <algorithm>
#include <optional>

#include <boost/json/serialize.hpp>

#include "tests/sandbox/encoding.hpp"

namespace tokensyncd::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view workspaces_path = "/partner/api/v1/workspaces/";
constexpr std::string_view public_path = "/integrations/api/workspace";

reply html_404() {
  reply out;
  set_error(out, 404, "html", {}, {});
  return out;
}

reply ok(unsigned status, const json::value& body) {
  reply out;
  out.status = status;
  set_header(out, "Content-Type", "application/json");
  out.body = json::serialize(body);
  return out;
}

}  // namespace

operation partner_api::begin(const request& what) {
  operation out;
  if (what.path == public_path) {
    out.what = endpoint::public_api;
  } else if (what.path.starts_with(workspaces_path)) {
    auto rest = what.path.substr(workspaces_path.size());
    const auto slash = rest.find('/');
    const auto id = percent_decode(rest.substr(0, slash));
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
    if (id && !id->empty() && (rest.empty() || rest == "/api-token")) {
      out.what = rest.empty() ? endpoint::details : endpoint::token;
      out.workspace = *id;
      if (world_.rules.any_workspace) world_.workspaces.add(*id);
      out.place = world_.workspaces.find(*id).value_or(entry::none);
    }
  }
  out.met = world_.faults.meet(out.workspace, what.method, to_string(out.what));
  return out;
}

reply partner_api::answer(const operation& what, const request& from, const std::string& address) {
  reply out;
  if (over_limit(address)) {
    set_error(out, 429, "too_many", {}, {});
    if (!world_.rules.rate_retry_after.empty())
      set_header(out, "Retry-After", world_.rules.rate_retry_after);
  } else if (!what.met || what.met->is_performed()) {
    out = perform(what, from);
  }
  out.clock_offset_s = world_.rules.clock_offset_s;
  out.date_header = world_.rules.date_header;
  if (what.met) spoil(out, *what.met);
  return out;
}

bool partner_api::over_limit(const std::string& address) {
  const auto& rules = world_.rules;
  if (rules.rate_per_second <= 0) return false;
  const auto now = monotonic_nanoseconds();
  const auto [place, is_new] = buckets_.try_emplace(address, bucket{rules.rate_burst, now});
  auto& mine = place->second;
  const auto elapsed = static_cast<double>(now - mine.at_ns) * 1e-9;
  mine.tokens = std::min(rules.rate_burst, mine.tokens + elapsed * rules.rate_per_second);
  mine.at_ns = now;
  if (mine.tokens < 1) return true;
  mine.tokens -= 1;
  return false;
}

reply partner_api::perform(const operation& what, const request& from) {
  if (!world_.rules.host.empty() && from.header("Host") != world_.rules.host) return html_404();
  if (what.what == endpoint::public_api) return public_workspace(from);
  if (what.what == endpoint::other) return html_404();
  const auto refusal = check_.check(from.header("Authorization"), from.header("X-TL-Partner-Id"),
                                    world_.rules, now_us() / 1'000'000);
  if (!refusal.empty()) return error(refusal);
  if (!world_.rules.refuse_with.empty()) return error(world_.rules.refuse_with);
  return on_workspace(what, from);
}

reply partner_api::on_workspace(const operation& what, const request& from) {
  const bool knows_method =
      from.method == "GET" || (from.method == "POST" && what.what == endpoint::token);
  if (!knows_method) return error("method_not_allowed");
  if (what.place == entry::none) return error("workspace_not_found");
  auto& which = world_.workspaces.at(what.place);
  if (!which.exists) return error("workspace_not_found");
  if (!which.owned) return error("workspace_not_owned_by_partner");
  if (which.billing_managed) return error("workspace_billing_managed");
  if (what.what == endpoint::token) return token(what, which, from);
  return ok(200, {{"workspace_id", which.id}, {"name", which.id}, {"status", "active"}});
}

reply partner_api::token(const operation& what, workspace& which, const request& from) {
  const bool rotates = from.method == "POST";
  ++(rotates ? which.posts : which.gets);
  if (rotates) {
    world_.workspaces.set_token(which, world_.workspaces.make_token(world_.rules.token_format),
                                now_us());
    world_.seen.token_rotated();
  } else if (which.token.empty()) {
    world_.workspaces.set_token(which, world_.workspaces.make_token(world_.rules.token_format), 0);
    ++which.created_by_get;
    world_.seen.token_created();
  }
  const bool stale = what.met && what.met->stale && !which.previous_token.empty();
  const auto rotated_us = stale ? which.previous_rotated_us : which.rotated_us;
  json::object body{{"workspace_id", which.id},
                    {"token", stale ? which.previous_token : which.token}};
  const auto& on_get = world_.rules.rotated_at_on_get;
  if (rotated_us != 0 && (rotates || on_get == "last")) {
    body["rotated_at"] = format_date(rotated_us, world_.rules.date_format);
  } else if (on_get != "absent") {
    body["rotated_at"] = nullptr;
  }
  auto out = ok(rotates ? 201 : 200, body);
  if (!rotates && !world_.rules.api_version.empty())
    set_header(out, "X-TL-API-Version", world_.rules.api_version);
  return out;
}

reply partner_api::public_workspace(const request& from) {
  constexpr std::string_view scheme = "Bearer ";
  const auto header = from.header("Authorization");
  const auto* holder =
      header.starts_with(scheme) ? world_.workspaces.holder(header.substr(scheme.size())) : nullptr;
  if (holder == nullptr || !holder->exists) {
    reply out;
    set_error(out, 401, "public", "unauthorized", "Invalid token");
    return out;
  }
  const json::object data{{"workspace_id", holder->id}, {"name", holder->id}};
  return ok(200, {{"status", "ok"}, {"data", data}});
}

reply partner_api::error(std::string_view code, std::string_view description) const {
  reply out;
  const auto known = world_.rules.statuses.find(code);
  const auto status = known == world_.rules.statuses.end() ? 401 : known->second;
  set_error(out, status, world_.rules.error_body, code, description);
  return out;
}

std::int64_t partner_api::now_us() const {
  return unix_microseconds() + world_.rules.clock_offset_s * 1'000'000;
}

}  // namespace tokensyncd::sandbox
