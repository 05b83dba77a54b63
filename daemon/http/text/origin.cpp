#include "daemon/http/text/origin.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

namespace tokensyncd::http {
namespace {

namespace urls = boost::urls;

bool is_host_name(std::string_view host) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !host.empty() && host.size() <= 253 &&
         host.find_first_not_of(allowed) == std::string_view::npos;
}

/// Not Boost's number, which is what remains of one that is too large.
std::optional<unsigned short> port_of(std::string_view text) {
  unsigned short port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return {};
  return port;
}

std::optional<origin> origin_of(const urls::url_view& view) {
  origin to;
  to.secure = view.scheme_id() == urls::scheme::https;
  if (!to.secure && view.scheme_id() != urls::scheme::http) return {};
  if (view.has_userinfo()) return {};

  to.host = std::string{view.encoded_host_address()};
  std::ranges::transform(to.host, to.host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  to.is_address =
      view.host_type() == urls::host_type::ipv4 || view.host_type() == urls::host_type::ipv6;
  if (!to.is_address && !is_host_name(to.host)) return {};

  to.port = to.secure ? 443 : 80;
  if (view.has_port()) {
    const auto port = port_of(view.port());
    if (!port) return {};
    to.port = *port;
  }
  return to;
}

std::string bracketed(const origin& to) {
  return to.host.find(':') == std::string::npos ? to.host : '[' + to.host + ']';
}

}  // namespace

std::string origin::authority() const {
  return port == (secure ? 443 : 80) ? bracketed(*this) : authority_with_port();
}

std::string origin::authority_with_port() const {
  return bracketed(*this) + ':' + std::to_string(port);
}

std::optional<origin> parse_origin(std::string_view url) {
  const auto parsed = urls::parse_uri(boost::core::string_view{url.data(), url.size()});
  if (!parsed || parsed->has_query() || parsed->has_fragment()) return {};
  if (!parsed->encoded_path().empty() && parsed->encoded_path() != "/") return {};
  return origin_of(*parsed);
}

std::optional<url> parse_url(std::string_view location) {
  const auto parsed = urls::parse_uri(boost::core::string_view{location.data(), location.size()});
  if (!parsed) return {};
  auto to = origin_of(*parsed);
  if (!to) return {};

  url found;
  found.to = std::move(*to);
  found.target = std::string{parsed->encoded_path()};
  if (found.target.empty()) found.target = "/";
  if (parsed->has_query()) found.target.append("?").append(parsed->encoded_query());
  return found;
}

}  // namespace tokensyncd::http
