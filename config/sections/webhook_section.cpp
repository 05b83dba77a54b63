#include <algorithm>
#include <string>
#include <string_view>

#include "config/sections/common_keys.hpp"
#include "config/sections/sections.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t longest_path = 255;

void read_url_path(const section& in, std::string_view key, std::string& target) {
  auto given = in.text(key);
  if (!given) {
    return;
  }
  const bool fits = given->size() <= longest_path && given->starts_with('/') &&
                    std::ranges::all_of(
                        *given, [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
  if (fits) {
    target = *std::move(given);
  } else {
    in.error(*in.find(key), key,
             "must be a URL's path: it begins with a slash, has up to 255 visible ASCII "
             "characters, no `?` and no `#`");
  }
}

}  // namespace

void read_webhook(const node& value, reading& from, std::optional<webhook_settings>& target) {
  const section in{value, "webhook", keys::webhook, from};
  webhook_settings& made = target.emplace();
  // Its default address is open to everybody.
  const bool loopback_only = in.find("listen") != nullptr && read_listen(in, made.listen);
  if (made.listen.empty()) {
    in.error(*in.find("listen"), "listen",
             "is empty, so no event could arrive; add an address, or remove `webhook` to receive "
             "no events");
  }
  read_url_path(in, "path", made.path);
  read_url_path(in, "health_path", made.health_path);
  if (made.path == made.health_path) {
    const char* const key = in.find("health_path") != nullptr ? "health_path" : "path";
    in.error(*in.find(key), key,
             "is the same as `" + std::string(key[0] == 'p' ? "health_path" : "path") +
                 "`; use a different path for health checks");
  }
  in.read("insecure_http", made.insecure_http);
  const node* const tls = in.find("tls");
  if (tls != nullptr) {
    const section pair{*tls, "webhook.tls", keys::webhook_tls, from};
    (void)pair.require("cert_file");
    (void)pair.require("key_file");
    read_input_file(pair, "cert_file", made.cert_file);
    read_secret_file(pair, "key_file", made.key_file);
    if (made.insecure_http) {
      in.error(*in.find("insecure_http"), "insecure_http",
               "contradicts `webhook.tls`; remove one of the two");
    }
  } else if (!loopback_only && !made.insecure_http) {
    in.missing("tls",
               ": without TLS only loopback addresses are allowed, because others on the network "
               "could read a signature and send it again; set cert_file and key_file, listen on "
               "127.0.0.1, or set `insecure_http: true` if a proxy in front terminates TLS");
  }
}

}  // namespace tokensyncd::config
