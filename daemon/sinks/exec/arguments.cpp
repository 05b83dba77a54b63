#include "daemon/sinks/exec/arguments.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

namespace tokensyncd::sinks {

arguments::arguments(const std::vector<std::string>& command, config::template_use use) {
  for (const std::string& each : command) {
    // As in a path: what is secret, or follows the revision, has no placeholder there.
    auto parsed = config::parse_template(each, use);
    if (const auto* error = std::get_if<config::template_error>(&parsed))
      throw std::invalid_argument(error->sentence);
    parts_.push_back(std::get<std::vector<config::template_part>>(std::move(parsed)));
  }
}

bool arguments::depends_on_workspace() const noexcept {
  return std::ranges::any_of(parts_, config::has_placeholder);
}

std::vector<std::string> arguments::of(const sync::target& whom) const {
  std::vector<std::string> all;
  all.reserve(parts_.size());
  for (const auto& each : parts_)
    all.push_back(config::expand_path(each, whom.workspace, whom.labels));
  return all;
}

}  // namespace tokensyncd::sinks
