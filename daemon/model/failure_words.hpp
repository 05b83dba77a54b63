#pragma once

#include <string_view>

#include "daemon/model/failure.hpp"

namespace tokensyncd {

/// A failure's cause in two or three words for people, e.g. `disk full`: what stands behind the
/// name of a sink where there is no room for the sentence. For any thread.
[[nodiscard]] std::string_view in_words(failure_kind kind) noexcept;

/// What the Partner API does when all calls to it fail for this cause, as a clause that begins with
/// `API`, e.g. `API refuses the Partner Secret`. For any thread.
[[nodiscard]] std::string_view as_api_clause(failure_kind kind) noexcept;

/// A failure's sentence without the `workspace NAME: ` that it may begin with, for where the name
/// stands already. A view into `sentence`. For any thread.
[[nodiscard]] std::string_view without_workspace(std::string_view sentence, std::string_view name);

}  // namespace tokensyncd
