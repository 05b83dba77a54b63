#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/model/secret.hpp"
#include "daemon/runtime/async/async.hpp"

namespace tokensyncd::sync {

/// Whether a token works: it does, it was refused for being what it is, or that can't be told.
enum class token_state : std::uint8_t { works, refused, unknown };

struct verification {
  token_state how = token_state::unknown;
  std::optional<failure> why{};  ///< a sentence unless it works
};

/// Whom to ask whether a token works. For the loop's thread.
class verifier {
 public:
  virtual ~verifier() = default;

  /// Asks with one call, which `token` must outlive. Throws only system_error(operation_aborted),
  /// when cancelled.
  virtual task<verification> verify(std::string_view workspace, const secret& token) = 0;
};

}  // namespace tokensyncd::sync
