#include "daemon/sinks/vault/transport.hpp"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "daemon/http/retry_after.hpp"

namespace tokensyncd::sinks::vault {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_catch_up = 100ms;
constexpr unsigned catch_ups = 3;
constexpr std::size_t largest_answer = 256UL * 1024;

http::client_options options_of(const std::string& address, std::string_view user_agent,
                                const config::vault_tls_settings& tls) {
  http::client_options options;
  options.origin = address;
  options.max_connections = window::widest;
  options.user_agent = user_agent;
  options.limits.body_bytes = largest_answer;
  options.tls.ca_file = tls.ca_file;
  options.tls.server_name = tls.server_name;
  options.tls.only_tls13 = tls.min_version == "1.3";
  options.tls.cert_file = tls.cert_file;
  options.tls.key_file = tls.key_file;
  return options;
}

http::origin origin_of(const std::string& address) {
  auto where = http::parse_origin(address);
  if (!where) throw std::invalid_argument("an address of a Vault sink isn't https://host[:port]");
  return *std::move(where);
}

trouble unanswered(const failure& why) {
  const bool never_sent = why.kind == failure_kind::unreachable || why.kind == failure_kind::tls;
  if (why.kind == failure_kind::malformed || why.kind == failure_kind::too_large)
    return {cause::malformed, why, {}};
  return {never_sent ? cause::unreached : cause::lost, why, {}};
}

/// This server hasn't done it, but another one may.
bool may_be_done_elsewhere(cause why) {
  return why == cause::unreached || why == cause::sealed || why == cause::no_active;
}

}  // namespace

transport::transport(asio::io_context& loop, clock& time,
                     const config::vault_sink_settings& settings, std::string_view user_agent)
    : time_(time), namespace_(settings.name_space), gate_(time, window_.width()) {
  for (const std::string& address : settings.addresses) {
    endpoints_.push_back(
        {origin_of(address),
         std::make_unique<http::client>(loop, options_of(address, user_agent, settings.tls))});
  }
  if (endpoints_.empty()) throw std::invalid_argument("a Vault sink has no address");
}

task<outcome<reply>> transport::call(const question& what) {
  const auto inside = co_await gate_.enter();
  // Now, as it may have been closed by those who were before us.
  const steady_time now = time_.now();
  if (window_.closed_until() > now) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(window_.closed_until() - now);
    co_return trouble{
        cause::quota,
        {failure_kind::throttled, "Vault at " + host() + " limits the rate; it is left alone for " +
                                      std::to_string(wait.count()) + " s more"},
        {}};
  }
  auto got = co_await call_around(what);
  for (unsigned i = 0; got.has_error() && got.error().why == cause::not_yet && i < catch_ups; ++i) {
    const auto pause = time_.make_sleeper();
    co_await pause->sleep_until(time_.now() + first_catch_up * (1U << i));
    got = co_await call_around(what);
  }
  learn(got);
  co_return got;
}

task<outcome<reply>> transport::call_around(const question& what) {
  std::optional<trouble> first;
  std::size_t at = preferred_;
  bool redirected = false;
  for (std::size_t asked = 0; asked < endpoints_.size();) {
    auto got = co_await ask(at, what);
    if (got.redirect && !redirected) {
      redirected = true;  // one, however many servers point at each other
      at = *got.redirect;
      continue;
    }
    if (got.what.has_value()) {
      preferred_ = at;
      co_return std::move(got.what);
    }
    const cause why = got.what.error().why;
    const bool may_go_on =
        may_be_done_elsewhere(why) || (may_have_been_done(why) && what.method == http::method::get);
    if (!may_go_on) {
      preferred_ = may_have_been_done(why) ? (at + 1) % endpoints_.size() : at;
      co_return std::move(got.what);
    }
    if (!first) first = got.what.error();
    ++asked;
    at = (at + 1) % endpoints_.size();
    redirected = false;
  }
  co_return *std::move(first);
}

task<transport::said> transport::ask(std::size_t index, const question& what) {
  const std::string target = "/v1/" + std::string{what.path};
  std::array<http::header, 3> headers{http::header{"X-Vault-Request", "true"}};
  std::size_t count = 1;
  if (!what.token.empty()) headers.at(count++) = {"X-Vault-Token", what.token};
  if (!namespace_.empty()) headers.at(count++) = {"X-Vault-Namespace", namespace_};
  http::request request;
  request.method = what.method;
  request.target = target;
  request.headers = std::span{headers}.first(count);
  request.body = what.body;
  auto answer = co_await endpoints_[index].client->call(request);
  if (!answer) co_return said{unanswered(answer.error())};
  auto got = read(*answer, endpoints_[index]);
  // Who knows whose answer that was, and what comes after it.
  if (got.what.has_error() && got.what.error().why == cause::malformed)
    answer->discard_connection();
  co_return got;
}

transport::said transport::read(const http::answer& from, const endpoint& asked) const {
  if (from.status() == 307) {
    const auto location = from.header("Location");
    const auto where = location ? http::parse_url(*location) : std::nullopt;
    said out{trouble{cause::no_active,
                     {failure_kind::unreachable,
                      "Vault at " + asked.where.host +
                          " sends us to an address that isn't configured: add its active node's "
                          "api_addr to the sink's addresses"},
                     {}}};
    if (where) out.redirect = find(where->to);
    if (out.redirect)
      out.what = trouble{cause::no_active,
                         {failure_kind::unreachable,
                          "the servers of Vault send us from one to the other: none is active"},
                         {}};
    return out;
  }
  reply got;
  got.status = from.status();
  const bool success = got.status >= 200 && got.status <= 299;
  if (!from.body().empty() && !got.body.read(from.body()) && success) {
    return {trouble{cause::malformed,
                    {failure_kind::malformed,
                     "Vault at " + asked.where.host +
                         " answered with something that isn't one JSON object: check the sink's "
                         "address"},
                    {}}};
  }
  std::optional<std::chrono::milliseconds> wait;
  if (const auto value = from.header("Retry-After"))
    wait = http::parse_retry_after(*value, time_.wall());
  if (auto refused = read_refusal(got, asked.where.host, wait)) return {*std::move(refused)};
  return {std::move(got)};
}

std::optional<std::size_t> transport::find(const http::origin& where) const {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const http::origin& one = endpoints_[i].where;
    if (one.secure == where.secure && one.host == where.host && one.port == where.port) return i;
  }
  return {};
}

void transport::learn(const outcome<reply>& from) {
  if (from.has_value() || is_answer(from.error().why)) {
    window_.succeeded();
  } else if (is_overload(from.error().why)) {
    window_.failed(from.error(), time_.now());
  }
  gate_.set_width(window_.width());
}

}  // namespace tokensyncd::sinks::vault
