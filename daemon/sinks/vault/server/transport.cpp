#include "daemon/sinks/vault/server/transport.hpp"

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "daemon/http/text/request_bytes.hpp"
#include "daemon/http/text/retry_after.hpp"

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
  options.max_connections = concurrency_limiter::widest;
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
  if (!where) throw std::invalid_argument("an address of a Vault sink is not https://host[:port]");
  return *std::move(where);
}

trouble unanswered(const failure& why) {
  const bool never_sent = why.kind == failure_kind::unreachable || why.kind == failure_kind::tls;
  if (why.kind == failure_kind::malformed || why.kind == failure_kind::too_large)
    return {cause::malformed, why, {}};
  return {never_sent ? cause::unreached : cause::lost, why, {}};
}

/// A standby sent us to an active node that isn't there.
trouble without_leader(const std::string& host) {
  return {cause::no_active,
          {failure_kind::server_error, "the Vault standbys redirect to " + host +
                                           " as their active node, which cannot be reached: the "
                                           "cluster has no leader now; tokensyncd retries"},
          {}};
}

/// Whether a node is active; none where it doesn't say, or is sealed.
std::optional<bool> activity_of(const std::optional<health>& node) {
  if (!node || node->is_sealed) return {};
  return node->is_active;
}

/// This server hasn't done it, but another one may.
bool may_be_done_elsewhere(cause why) {
  return why == cause::unreached || why == cause::sealed || why == cause::no_active;
}

}  // namespace

transport::transport(asio::io_context& loop, clock& time,
                     const config::vault_sink_settings& settings, std::string_view user_agent)
    : time_(time),
      namespace_(settings.name_space),
      looks_(time, 1),
      admission_(time, at_once_.width()) {
  for (const std::string& address : settings.addresses) {
    endpoints_.push_back(
        {origin_of(address),
         std::make_unique<http::client>(loop, options_of(address, user_agent, settings.tls))});
  }
  if (endpoints_.empty()) throw std::invalid_argument("a Vault sink has no address");
}

task<outcome<reply>> transport::call(const question& what) {
  for (;;) {
    const auto inside = co_await admission_.enter(what.matters);
    if (!inside) co_return left_alone();
    if (endpoints_.size() > 1 && (may_have_moved_ || !looks_.has_room()))
      co_await learn_who_is_active();
    auto got = co_await call_patiently(what);
    learn(got);
    const bool waits = got.has_error() && got.error().why == cause::quota &&
                       !admission_.pace().is_closed_for_long(time_.now());
    if (!waits) co_return got;
  }
}

trouble transport::left_alone() const {
  const auto left = admission_.pace().closed_until() - time_.now();
  const auto wait = std::chrono::ceil<std::chrono::seconds>(left);
  return {cause::quota,
          {failure_kind::throttled, "Vault at " + host() +
                                        " limits the rate; tokensyncd asks again after " +
                                        std::to_string(wait.count()) + " s"},
          {}};
}

task<outcome<reply>> transport::call_patiently(const question& what) {
  auto got = co_await call_around(what);
  for (unsigned i = 0; got.has_error() && got.error().why == cause::not_yet && i < catch_ups; ++i) {
    const auto pause = time_.make_sleeper();
    co_await pause->sleep_until(time_.now() + first_catch_up * (1U << i));
    got = co_await call_around(what);
  }
  co_return got;
}

void transport::prefer_active(std::size_t index) noexcept {
  preferred_ = index;
  is_active_ = true;
  may_have_moved_ = false;
}

void transport::prefer(std::size_t index) noexcept {
  if (index == preferred_) return;
  preferred_ = index;
  is_active_.reset();
  may_have_moved_ = true;
}

task<std::optional<health>> transport::ask_health(std::size_t index) {
  const std::array<http::header, 1> headers{http::header{"X-Vault-Request", "true"}};
  http::request request;
  request.target = "/v1/sys/health";
  request.headers = headers;
  auto answer = co_await endpoints_[index].client->call(request);
  if (!answer) co_return std::nullopt;
  reply got;
  got.status = answer->status();
  std::optional<health> node;
  if (got.body.read(answer->body())) node = read_health(got);
  if (!node) answer->discard_connection();
  co_return node;
}

/// A call that comes during a look waits for what it finds: it would ask a standby else.
task<> transport::learn_who_is_active() {
  const auto alone = co_await looks_.enter();
  if (may_have_moved_) static_cast<void>(co_await find_active());
}

/// Who calls it is in looks_.
task<std::optional<health>> transport::find_active() {
  // Whatever comes of it, the next look is that of look_at_cluster(), or after a trouble.
  may_have_moved_ = false;
  std::optional<health> any;
  const std::size_t first = preferred_;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const std::size_t at = (first + i) % endpoints_.size();
    auto node = co_await ask_health(at);
    if (node && node->is_active) {
      prefer_active(at);
      co_return node;
    }
    if (node && (!any || any->is_sealed)) any = std::move(node);
  }
  is_active_ = activity_of(any);
  co_return any;
}

task<bool> transport::is_with_standby() {
  if (!is_active_) {
    const auto alone = co_await looks_.enter();
    if (!is_active_) static_cast<void>(co_await find_active());
  }
  co_return is_active_ && !*is_active_;
}

task<bool> transport::look_at_cluster() {
  const std::size_t at = preferred_;
  auto node = co_await ask_health(at);
  if (node && node->is_active) {
    prefer_active(at);
  } else if (endpoints_.size() > 1) {
    const auto alone = co_await looks_.enter();
    node = co_await find_active();
  } else {
    is_active_ = activity_of(node);
  }
  co_return cluster_.saw(node);
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
      if (redirected) {
        prefer_active(at);
      } else {
        prefer(at);
      }
      co_return std::move(got.what);
    }
    const cause why = got.what.error().why;
    if (redirected && why == cause::unreached) got.what = without_leader(endpoints_[at].where.host);
    const bool may_go_on =
        may_be_done_elsewhere(why) || (may_have_been_done(why) && what.method == http::method::get);
    if (!may_go_on) {
      prefer(may_have_been_done(why) ? (at + 1) % endpoints_.size() : at);
      may_have_moved_ = may_have_moved_ || may_have_been_done(why);
      co_return std::move(got.what);
    }
    if (!first) first = got.what.error();
    ++asked;
    at = (at + 1) % endpoints_.size();
    redirected = false;
  }
  may_have_moved_ = true;
  cluster_.met(first->why);
  co_return *std::move(first);
}

task<transport::server_answer> transport::ask(std::size_t index, const question& what) {
  const std::string target = "/v1/" + std::string{what.path};
  std::array<http::header, 5> headers{http::header{"X-Vault-Request", "true"}};
  std::size_t count = 1;
  if (!what.token.empty()) headers.at(count++) = {"X-Vault-Token", what.token};
  const std::string_view within = what.name_space.empty() ? namespace_ : what.name_space;
  if (!within.empty()) headers.at(count++) = {"X-Vault-Namespace", within};
  const std::string known = index_.header();  // it may change while the call is under way
  if (!known.empty()) {
    headers.at(count++) = {"X-Vault-Index", known};
    headers.at(count++) = {"X-Vault-Inconsistent", "forward-active-node"};
  }
  http::request request;
  request.method = what.method;
  request.target = target;
  request.headers = std::span{headers}.first(count);
  request.body = what.body;
  auto answer = co_await endpoints_[index].client->call(request);
  if (!answer) co_return server_answer{unanswered(answer.error())};
  auto got = read(*answer, endpoints_[index]);
  // Who knows whose answer that was, and what comes after it.
  if (got.what.has_error() && got.what.error().why == cause::malformed)
    answer->discard_connection();
  co_return got;
}

transport::server_answer transport::read(const http::answer& from, const endpoint& asked) {
  const auto index = from.header("X-Vault-Index");
  if (index && http::is_header_value(*index)) index_.learn(*index);
  if (from.status() == 307) {
    const auto location = from.header("Location");
    const auto where = location ? http::parse_url(*location) : std::nullopt;
    server_answer out{trouble{
        cause::no_active,
        {failure_kind::unreachable, "Vault at " + asked.where.host +
                                        " redirects to an address that is not configured: add its "
                                        "active node's api_addr to the sink's addresses"},
        {}}};
    if (where) out.redirect = find(where->to);
    if (out.redirect)
      out.what = trouble{cause::no_active,
                         {failure_kind::unreachable,
                          "the Vault servers redirect to each other, so none is active"},
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
                         " sent an answer that is not one JSON object: check the sink's address"},
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
  const auto why = from.has_value() ? std::nullopt : std::optional{from.error().why};
  if (why == cause::quota) return admission_.refused(from.error().wait);
  if (!why || !is_overload(*why)) admission_.admitted();
  if (!why || is_answer(*why)) {
    at_once_.succeeded();
  } else if (is_overload(*why)) {
    at_once_.failed();
  }
  admission_.set_width(at_once_.width());
}

}  // namespace tokensyncd::sinks::vault
