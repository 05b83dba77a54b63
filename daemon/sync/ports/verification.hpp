#pragma once

#include <cstdint>
#include <string>

namespace tokensyncd::sync {

/// One line of `verify`: whether a workspace's delivered token works.
struct verified_token {
  enum class state : std::uint8_t {
    works,
    refused,        ///< the Public API answered 401: the token is no good
    unknown,        ///< it can't be told
    not_delivered,  ///< what is delivered isn't what the API has now; it was made due
    not_seen_yet,   ///< no history: asking could create a token, so it wasn't asked
  };
  std::string workspace;
  state how = state::unknown;
  std::string why{};  ///< a sentence unless it works
};

}  // namespace tokensyncd::sync
