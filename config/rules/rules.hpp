#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "config/sections/workspace_entries.hpp"
#include "config/values.hpp"
#include "config/yaml/problems.hpp"

/// Rules across fields: what can be judged only when everything has been read.
namespace tokensyncd::config {

/// What the rules look at, beside the configuration itself.
struct rule_input {
  const entry_settings& defaults;
  place defaults_at;                 ///< of `workspace_defaults`, 0 where it isn't there
  workspace_entries& entries;        ///< taken apart
  std::deque<file_problems>& files;  ///< by entry_place::file
};

/// Gives every entry its profile (defaults, sinks) and fills in `profiles` and `workspaces`.
/// Reports duplicate ids, sinks that aren't there, and workspaces without a sink. The result is,
/// in the order of `workspaces`, where each entry stands.
[[nodiscard]] std::vector<entry_place> resolve_workspaces(rule_input& input, configuration& target);

/// Reports, for what each sink would write: labels that a path or template needs and a workspace
/// hasn't; names and labels that would leave the directory; two that would write the same place,
/// or one of the daemon's own files.
void check_places(const configuration& all, const std::vector<entry_place>& places,
                  std::deque<file_problems>& files);

}  // namespace tokensyncd::config
