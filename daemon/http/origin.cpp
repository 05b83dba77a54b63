#include "daemon/http/origin.hpp"

#include <algorithm>

#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

namespace tokensyncd::http {
namespace {

bool is_host_name(std::string_view host) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !host.empty() && host.size() <= 253 &&
         host.find_first_not_of(allowed) == std::string_view::npos;
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
  namespace urls = boost::urls;
  const auto parsed = urls::parse_uri(urls::string_view{url.data(), url.size()});
  if (!parsed) return {};
  const urls::url_view& view = *parsed;

  origin to;
  to.secure = view.scheme_id() == urls::scheme::https;
  if (!to.secure && view.scheme_id() != urls::scheme::http) return {};
  if (view.has_userinfo() || view.has_query() || view.has_fragment()) return {};
  if (!view.encoded_path().empty() && view.encoded_path() != "/") return {};

  to.host = std::string{view.encoded_host_address()};
  std::ranges::transform(to.host, to.host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  to.is_address =
      view.host_type() == urls::host_type::ipv4 || view.host_type() == urls::host_type::ipv6;
  if (!to.is_address && !is_host_name(to.host)) return {};

  to.port = view.has_port() ? view.port_number() : (to.secure ? 443 : 80);
  if (to.port == 0) return {};
  return to;
}

}  // namespace tokensyncd::http
