#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/exit_code.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/sync/engine.hpp"

namespace tokensyncd::commands {

/// One line of a plan as it goes over the control socket and to people.
struct plan_line {
  std::string workspace;
  std::string sink;
  std::string action;  ///< `none`, `write`, `repair`, `not_seen_yet`, `unknown`
  std::string there;   ///< 12 hex digits, or empty
  std::string wanted;  ///< the same
  std::string why;     ///< a sentence where the action is `unknown`
};

[[nodiscard]] std::vector<plan_line> plan_lines(const std::vector<sync::planned>& plan);

/// A JSON array of the lines, and back: read_plan() takes what the control socket answers,
/// `{"plan": […]}`, and fails with `malformed` for anything else.
[[nodiscard]] std::string write_plan(const std::vector<plan_line>& lines);
[[nodiscard]] result<std::vector<plan_line>> read_plan(std::string_view json);

/// A table of what isn't in sync, under a line that sums up.
[[nodiscard]] std::string render_plan(const std::vector<plan_line>& lines);

/// `no` when something couldn't be asked, else `changes` when there is something to do, else `ok`.
[[nodiscard]] exit_code verdict(const std::vector<plan_line>& lines);

}  // namespace tokensyncd::commands
