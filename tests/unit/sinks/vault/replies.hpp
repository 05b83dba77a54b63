#pragma once

#include <string>
#include <string_view>

#include "daemon/sinks/vault/server/refusal.hpp"

namespace tokensyncd::sinks::vault::tests {

/// An answer as the transport makes it: a body that isn't a JSON object reads as empty.
inline reply answer(unsigned status, std::string_view body) {
  reply made;
  made.status = status;
  static_cast<void>(made.body.read(body));
  return made;
}

/// An error of Vault's that holds `text`, which must need no escaping.
inline reply error(unsigned status, const std::string& text) {
  return answer(status, R"({"errors":[")" + text + R"("]})");
}

}  // namespace tokensyncd::sinks::vault::tests
