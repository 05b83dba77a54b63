#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/model/revision.hpp"

namespace tokensyncd::sync {

/// One line of `plan`: what the next round would do to one place, or why that can't be said.
struct planned {
  enum class action : std::uint8_t {
    none,          ///< in sync
    write,         ///< the token there is another one, or none
    repair,        ///< what is recorded isn't what is there
    not_seen_yet,  ///< no history: asking could create a token, so it wasn't asked
    unknown,       ///< that can't be said; see `why`
  };
  std::string workspace;
  std::string sink;
  action what = action::none;
  std::optional<fingerprint> there{};   ///< as recorded
  std::optional<fingerprint> wanted{};  ///< as answered
  std::string why{};                    ///< of `unknown`; of another: what would keep it from that
};

}  // namespace tokensyncd::sync
