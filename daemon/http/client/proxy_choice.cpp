#include "daemon/http/client/proxy_choice.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include "daemon/http/text/message.hpp"
#include "daemon/http/text/origin.hpp"

namespace tokensyncd::http {
namespace {

namespace ip = boost::asio::ip;
namespace urls = boost::urls;

struct variable {
  std::string_view name;
  std::string_view value;  // empty: none is set
};

variable from_environment(const environment& env, const char* lower, const char* upper) {
  for (const char* name : {lower, upper}) {
    const char* const value = env(name);
    if (value != nullptr && *value != '\0') return {name, value};
  }
  return {};
}

failure refused(const variable& from, std::string_view why) {
  return {failure_kind::invalid,
          "cannot use the proxy from " + std::string{from.name} + ": " + std::string{why} +
              "; set partner.proxy to http://host:port, with partner.proxy_auth_file if it "
              "requires user:password; or unset " +
              std::string{from.name} + ", or exempt the host with NO_PROXY"};
}

result<chosen_proxy> read_proxy(const variable& from) {
  const bool has_scheme = from.value.find("://") != std::string_view::npos;
  const std::string text = (has_scheme ? "" : "http://") + std::string{from.value};
  const auto parsed = urls::parse_uri(boost::core::string_view{text.data(), text.size()});
  if (parsed && parsed->scheme_id() != urls::scheme::http)
    return refused(from, "a proxy must be an http:// URL");
  chosen_proxy chosen;
  if (parsed) chosen.url = "http://" + std::string{parsed->encoded_host_and_port()};
  if (!parsed || !parse_origin(chosen.url)) {
    return refused(from,
                   "it is not of the form http://[user:password@]host:port, with special "
                   "characters percent-encoded");
  }
  if (parsed->has_userinfo()) {
    std::string plain = parsed->user() + ':' + parsed->password();
    chosen.credentials = std::make_shared<const secret>(plain);
    wipe(plain.data(), plain.size());
  }
  return chosen;
}

std::optional<ip::address> address(std::string_view text) {
  boost::system::error_code error;
  auto parsed = ip::make_address(std::string{text}, error);
  if (error) return {};
  return parsed;
}

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  for (std::size_t i = 0; i < a.size() && bits != 0; ++i) {
    const unsigned now = std::min(bits, 8U);
    if ((a[i] >> (8U - now)) != (b[i] >> (8U - now))) return false;
    bits -= now;
  }
  return true;
}

std::optional<unsigned> number(std::string_view text, unsigned highest) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > highest) return {};
  return value;
}

bool in_block(std::string_view block, const ip::address& host) {
  const std::size_t slash = block.find('/');
  const auto base = address(block.substr(0, slash));
  if (!base || base->is_v4() != host.is_v4()) return false;
  const unsigned width = host.is_v4() ? 32 : 128;
  const auto bits =
      slash == std::string_view::npos ? width : number(block.substr(slash + 1), width);
  if (!bits) return false;
  return host.is_v4() ? same_prefix(base->to_v4().to_bytes(), host.to_v4().to_bytes(), *bits)
                      : same_prefix(base->to_v6().to_bytes(), host.to_v6().to_bytes(), *bits);
}

bool in_domain(std::string_view domain, std::string_view host) {
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (domain.empty() || host.size() < domain.size()) return false;
  const std::size_t before = host.size() - domain.size();
  return same_name(host.substr(before), domain) && (before == 0 || host[before - 1] == '.');
}

/// Takes `:port` off an entry; none where it names another port.
std::optional<std::string_view> without_port(std::string_view entry, unsigned short port) {
  std::string_view host = entry;
  std::string_view wanted;
  if (entry.starts_with('[')) {
    const std::size_t close = entry.find(']');
    if (close == std::string_view::npos) return {};
    host = entry.substr(1, close - 1);
    wanted = entry.substr(close + 1);
    if (!wanted.empty() && !wanted.starts_with(':') && !wanted.starts_with('/')) return {};
    if (wanted.starts_with('/')) return {};
  } else if (std::ranges::count(entry, ':') == 1) {
    host = entry.substr(0, entry.find(':'));
    wanted = entry.substr(entry.find(':'));
  }
  if (!wanted.empty() && number(wanted.substr(1), 65535) != port) return {};
  return host;
}

bool matches(std::string_view entry, std::string_view host, unsigned short port) {
  if (entry == "*") return true;
  const auto name = without_port(entry, port);
  if (!name) return false;
  const auto ip_host = address(host);
  return ip_host ? in_block(*name, *ip_host) : in_domain(*name, host);
}

}  // namespace

bool is_exempt(std::string_view no_proxy, std::string_view host, unsigned short port) {
  constexpr std::string_view separators = ", \t";
  while (!no_proxy.empty()) {
    const std::size_t end = std::min(no_proxy.find_first_of(separators), no_proxy.size());
    if (end != 0 && matches(no_proxy.substr(0, end), host, port)) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

result<chosen_proxy> choose_proxy(std::string_view configured, const environment& env,
                                  std::string_view host, unsigned short port) {
  if (!configured.empty()) return chosen_proxy{std::string{configured}, {}};
  variable proxy = from_environment(env, "https_proxy", "HTTPS_PROXY");
  if (proxy.value.empty()) proxy = from_environment(env, "all_proxy", "ALL_PROXY");
  if (proxy.value.empty() ||
      is_exempt(from_environment(env, "no_proxy", "NO_PROXY").value, host, port))
    return chosen_proxy{};
  return read_proxy(proxy);
}

}  // namespace tokensyncd::http
