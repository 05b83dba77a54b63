#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sync/ports/plan.hpp"

namespace tokensyncd::control {

/// One line of a plan, as the control socket carries it and `plan` shows it.
struct plan_line {
  std::string workspace;
  std::string sink;
  std::string action;  ///< `none`, `write`, `repair`, `not_seen_yet`, `unknown`
  std::string there;   ///< 12 hex digits of the fingerprint, or empty
  std::string wanted;  ///< the same
  std::string why;     ///< a sentence if the action is `unknown`
};

[[nodiscard]] std::vector<plan_line> plan_lines(const std::vector<sync::planned>& plan);

/// The JSON object `{"plan": [...]}`, and back. read_plan() fails with `malformed` for anything
/// else.
[[nodiscard]] std::string write_plan(const std::vector<plan_line>& lines);
[[nodiscard]] result<std::vector<plan_line>> read_plan(std::string_view json);

}  // namespace tokensyncd::control
