#include "daemon/source/auth/bearer.hpp"

#include <string>
#include <string_view>

namespace tokensyncd::source {

secret bearer(const secret& token) {
  constexpr std::string_view scheme = "Bearer ";
  std::string text;
  text.reserve(scheme.size() + token.size());
  text.append(scheme).append(token.reveal());
  secret header{text};
  wipe(text.data(), text.size());
  return header;
}

}  // namespace tokensyncd::source
