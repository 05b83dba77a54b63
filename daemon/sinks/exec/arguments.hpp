#pragma once

#include <string>
#include <vector>

#include "config/text_template.hpp"
#include "daemon/sync/ports/sink.hpp"

namespace tokensyncd::sinks {

/// A command whose arguments know {workspace} and {label.NAME}, and never the token. Does not
/// change after construction: for any thread.
class arguments {
 public:
  /// `use`: path, or hook. Throws std::invalid_argument for what the loader would have refused.
  explicit arguments(const std::vector<std::string>& command,
                     config::template_use use = config::template_use::path);

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

  /// Whether it is another command for another workspace.
  [[nodiscard]] bool depends_on_workspace() const noexcept;

  /// The command for one workspace.
  [[nodiscard]] std::vector<std::string> of(const sync::target& whom) const;

 private:
  std::vector<std::vector<config::template_part>> parts_;
};

}  // namespace tokensyncd::sinks
