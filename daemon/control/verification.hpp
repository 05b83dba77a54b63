#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/failure.hpp"
#include "daemon/sync/ports/verification.hpp"

namespace tokensyncd::control {

/// Whether one workspace's token works, as the control socket carries it and `verify` shows it.
struct verify_line {
  std::string workspace;
  std::string state;  ///< `works refused unknown not_delivered not_seen_yet`
  std::string why;    ///< a sentence unless it works
};

[[nodiscard]] std::vector<verify_line> verify_lines(const std::vector<sync::verified_token>& all);

/// The JSON object `{"verify": [...]}`, and back. read_verify() fails with `malformed` for anything
/// else.
[[nodiscard]] std::string write_verify(const std::vector<verify_line>& lines);
[[nodiscard]] result<std::vector<verify_line>> read_verify(std::string_view json);

}  // namespace tokensyncd::control
