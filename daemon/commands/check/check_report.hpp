#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tokensyncd::commands {

/// Something wrong that `check` found.
struct check_finding {
  std::string key;             ///< of the configuration, e.g. `sinks.files.path`
  std::string sentence;        ///< what is wrong, and the next step
  std::size_t workspaces = 0;  ///< how many it concerns; 0: not a matter of workspaces

  friend bool operator==(const check_finding&, const check_finding&) = default;
};

using check_findings = std::vector<check_finding>;

/// What the Partner API says of the workspaces, in numbers.
struct api_answers {
  std::size_t workspaces = 0;  ///< configured
  std::size_t found = 0;       ///< there, and this partner's
  std::size_t gone = 0;        ///< unknown to the API
  std::size_t denied = 0;      ///< not this partner's
  std::size_t failed = 0;      ///< asked for in vain
  check_findings findings;     ///< one a workspace that isn't found, and of the API as a whole
  std::vector<std::string> warnings{};  ///< what works, but shouldn't be so
};

/// All that a check found.
struct check_result {
  std::size_t workspaces = 0;         ///< configured
  std::size_t sinks = 0;              ///< configured
  check_findings seen;                ///< by looking
  check_findings met;                 ///< online, and not seen before
  std::vector<std::string> warnings;  ///< `key: sentence`
};

/// How far this machine's clock is from the API's, as a sentence; empty where it is near enough.
/// `ahead`: of the API's, negative where it is behind.
[[nodiscard]] std::string clock_warning(std::chrono::seconds ahead);

/// The line before the problems, without its end.
[[nodiscard]] std::string summary_of(const check_result& found);

/// One line a warning, each with its end.
[[nodiscard]] std::string render_warnings(const std::vector<std::string>& warnings);

/// Which of `workspaces` to ask for, by index: all that `rate_limit` (calls per second; 0: no
/// limit) lets be asked within a minute, at least one; of more, that many with even gaps.
[[nodiscard]] std::vector<std::size_t> choose_workspaces(std::size_t workspaces, double rate_limit);

/// One line that sums up, without its end.
[[nodiscard]] std::string summary_of(const api_answers& answers);

/// One line a finding, each with its end; after `most` of them only how many more there are.
[[nodiscard]] std::string render_findings(const check_findings& findings, std::size_t most);

}  // namespace tokensyncd::commands
