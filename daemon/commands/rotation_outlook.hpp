#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sync/rotation.hpp"

namespace tokensyncd::commands {

/// What a rotation would meet, as it goes over the control socket and to people.
struct outlook_line {
  std::string workspace;
  std::int64_t generation = 0;
  std::string fingerprint;  ///< 12 hex digits, or empty
  std::optional<std::chrono::seconds> age{};
  std::vector<sync::rotation_place> places;
};

[[nodiscard]] outlook_line outlook_line_of(const sync::rotation_outlook& seen);

/// A JSON object, and back: read_outlook() fails with `malformed` for anything else.
[[nodiscard]] std::string write_outlook(const outlook_line& line);
[[nodiscard]] result<outlook_line> read_outlook(std::string_view json);

/// Whether a destination has an obstacle.
[[nodiscard]] bool is_obstructed(const outlook_line& line);

/// E.g. `41 days`, of the largest unit of which there is more than one.
[[nodiscard]] std::string format_age(std::chrono::seconds age);

/// What a person is asked before anything is done: the age of each token, its destinations and
/// their state, and what follows. `force`: destinations with an obstacle don't matter.
[[nodiscard]] std::string render_question(const std::vector<outlook_line>& all, bool only_old_ones,
                                          bool force);

}  // namespace tokensyncd::commands
