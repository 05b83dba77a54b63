#include <string>
#include <string_view>

#include "config/rules/addresses.hpp"
#include "config/sections/common_keys.hpp"
#include "config/sections/sections.hpp"
#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;

void read_url(const section& in, std::string_view key, std::string& target, url_kind kind) {
  if (auto url = in.text(key)) {
    const std::string_view trouble = url_trouble(*url, kind);
    if (trouble.empty()) {
      target = *std::move(url);
    } else {
      in.error(*in.find(key), key, trouble);
    }
  }
}

void read_tls(const node& value, reading& from, tls_settings& target) {
  const section in{value, "partner.tls", keys::partner_tls, from};
  read_input_file(in, "ca_file", target.ca_file);
  read_server_name(in, target.server_name);
  read_min_version(in, target.min_version);
}

void read_verify(const section& in, bool& target) {
  static constexpr std::array choices{word<bool>{"never", false}, word<bool>{"after", true}};
  in.read("verify", target, choices);
}

void read_rate_limit(const section& in, double& target) {
  if (const auto given = in.quantity("rate_limit")) {
    if (const auto rate = parse_rate(*given)) {
      target = *rate;
    } else {
      in.error(*in.find("rate_limit"), "rate_limit",
               "must be a rate such as 20/s or 600/m (at most 100000/s), or `off` for no limit");
    }
  }
}

/// X-TL-Partner-Id is an HTTP header: what can't be in one would break every call.
void read_partner_id(const section& in, std::string& target) {
  const node* value = in.require("id");
  auto given = in.text("id");
  if (!given) {
    return;
  }
  const bool fits = given->size() <= 255 &&
                    std::ranges::all_of(*given, [](char c) { return c > ' ' && c < 0x7f; });
  if (fits) {
    target = *std::move(given);
  } else {
    in.error(*value, "id", "must be 1 to 255 visible ASCII characters, without spaces");
  }
}

}  // namespace

void read_partner(const node& value, reading& from, partner_settings& target) {
  const section in{value, "partner", keys::partner, from};
  read_partner_id(in, target.id);
  (void)in.require("secret_file");
  read_secret_file(in, "secret_file", target.secret_file);
  read_secret_file(in, "previous_secret_file", target.previous_secret_file);
  read_url(in, "api_url", target.api_url, url_kind::https);
  read_url(in, "public_api_url", target.public_api_url, url_kind::https);
  read_rate_limit(in, target.rate_limit);
  in.read("max_connections", target.max_connections, 1, 1024);
  in.read("timeout", target.timeout, 100ms, 10min);
  read_verify(in, target.verify_after);
  read_url(in, "proxy", target.proxy, url_kind::http_proxy);
  read_secret_file(in, "proxy_auth_file", target.proxy_auth_file);
  if (const node* tls = in.find("tls")) {
    read_tls(*tls, from, target.tls);
  }
}

}  // namespace tokensyncd::config
