#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/exit_code.hpp"
#include "daemon/model/failure.hpp"
#include "daemon/sync/verification.hpp"

namespace tokensyncd::commands {

/// One workspace's token as it goes over the control socket and to people.
struct verify_line {
  std::string workspace;
  std::string state;  ///< `works refused unknown not_delivered not_seen_yet`
  std::string why;    ///< a sentence unless it works
};

[[nodiscard]] std::vector<verify_line> verify_lines(const std::vector<sync::verified_token>& all);

/// A JSON array of the lines, and back: read_verify() takes what the control socket answers,
/// `{"verify": […]}`, and fails with `malformed` for anything else.
[[nodiscard]] std::string write_verify(const std::vector<verify_line>& lines);
[[nodiscard]] result<std::vector<verify_line>> read_verify(std::string_view json);

/// A table of those that don't work or can't be told, under a line that sums up.
[[nodiscard]] std::string render_verify(const std::vector<verify_line>& lines);

/// `ok` when all work, else `no`.
[[nodiscard]] exit_code verdict(const std::vector<verify_line>& lines);

}  // namespace tokensyncd::commands
