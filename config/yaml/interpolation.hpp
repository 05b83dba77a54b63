#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "config/loader.hpp"

namespace tokensyncd::config {

/// Why a value could not be completed from the environment.
struct interpolation_error {
  std::string sentence;
};

/// Replaces `${NAME}` by the variable, `${NAME:-default}` by the default where it is unset or
/// empty (as a shell does), `$$` by a dollar. A variable that isn't set and has no default, and any
/// other dollar, is an error. What comes out isn't looked at again.
[[nodiscard]] std::variant<std::string, interpolation_error> interpolate(std::string_view text,
                                                                         const environment& env);

}  // namespace tokensyncd::config
