#pragma once

#include <string_view>

#include "daemon/model/failure.hpp"
#include "daemon/source/received.hpp"

namespace tokensyncd::source {

/// What an answer that isn't 2xx means. The API has three shapes of errors, and things before it
/// have more: a code that can be read decides first, then the status. Nothing of the answer is
/// quoted. A 404 is `gone` only where it is the Partner API's own way of saying so: an HTML or a
/// web framework's 404 comes from a wrong api_url and says nothing about a workspace.
[[nodiscard]] failure read_refusal(const received& answer, std::string_view workspace);

}  // namespace tokensyncd::source
