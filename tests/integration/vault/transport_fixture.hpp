#pragma once

#include <initializer_list>
#include <string_view>

#include "daemon/sinks/vault/server/transport.hpp"
#include "tests/integration/vault/vault_desk.hpp"

namespace tokensyncd::sinks::vault {

inline constexpr auto sealed = R"({"errors":["Vault is sealed"]})";

class vault_transport : public tests::vault_desk {
 protected:
  static question get(std::string_view path) {
    question what;
    what.path = path;
    return what;
  }
  static question post(std::string_view path, std::string_view body = "{}") {
    question what;
    what.method = http::method::post;
    what.path = path;
    what.body = body;
    return what;
  }
  /// The settings with further servers behind the first.
  config::vault_sink_settings with(std::initializer_list<const tests::scripted_vault*> others) {
    auto made = settings();
    for (const auto* each : others) made.addresses.push_back(each->address());
    return made;
  }
  cause why(transport& by, const question& what) { return run(by.call(what)).error().why; }
};

}  // namespace tokensyncd::sinks::vault
