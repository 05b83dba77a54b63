#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "daemon/control/rotation.hpp"

namespace tokensyncd::commands {

using control::outlook_line;

/// Whether a destination has an obstacle.
[[nodiscard]] bool is_obstructed(const outlook_line& line);

/// E.g. `41 days`, of the largest unit of which there is more than one.
[[nodiscard]] std::string format_age(std::chrono::seconds age);

struct question_options {
  bool only_old_ones = false;  ///< tokens younger than --if-older-than are kept
  bool force = false;          ///< obstacles of destinations are ignored
};

/// What a person is asked before anything is done: the age of each token, its destinations and
/// their state, and what follows.
[[nodiscard]] std::string render_question(const std::vector<outlook_line>& all,
                                          question_options how);

}  // namespace tokensyncd::commands
