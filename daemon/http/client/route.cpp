#include "daemon/http/client/route.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace tokensyncd::http {
namespace {

origin read_origin(const std::string& text, const char* what) {
  auto parsed = parse_origin(text);
  if (!parsed) {
    throw std::runtime_error(std::string{"the "} + what +
                             " is not of the form http[s]://host[:port]");
  }
  return std::move(*parsed);
}

std::optional<origin> read_proxy(const client_options& options, const origin& target) {
  if (options.proxy.empty()) return {};
  auto proxy = read_origin(options.proxy, "proxy of partner.proxy or HTTPS_PROXY");
  if (proxy.secure)
    throw std::runtime_error(
        "the proxy of partner.proxy or HTTPS_PROXY must be an http:// URL, not https://");
  if (!target.secure) throw std::runtime_error("a proxy is used only for https:// URLs");
  return proxy;
}

}  // namespace

route::route(const client_options& options)
    : target_(read_origin(options.origin, "origin")), proxy_(read_proxy(options, target_)) {}

}  // namespace tokensyncd::http
