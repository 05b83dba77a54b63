#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/values.hpp"
#include "daemon/commands/status/status_selection.hpp"

namespace tokensyncd::commands {

/// What every command understands.
struct common_options {
  std::filesystem::path config = "/etc/tokensyncd/tokensyncd.yaml";
  std::optional<config::log_level> level{};  ///< instead of the configuration's
};

struct run_options {};

struct once_options {
  std::vector<std::string> workspaces;  ///< empty: all
  std::chrono::milliseconds timeout{60'000};
};

struct check_options {
  bool online = false;
  bool print = false;  ///< the effective configuration
};

struct plan_options {
  status_selection selection;
  std::size_t limit = 0;  ///< of lines; 0: all
};

struct status_options {
  status_selection selection;
  std::size_t limit = 0;  ///< of lines; 0: all
  bool json = false;
  bool watch = false;
  bool quiet = false;  ///< prints nothing: the exit code says it
  std::optional<std::chrono::milliseconds>
      wait{};  ///< how long to wait for all that is required in sync
};

struct sync_options {
  status_selection selection;
};

struct event_options {
  std::string workspace;
  std::chrono::milliseconds timeout{10'000};
};

struct reload_options {};

struct rotate_options {
  std::vector<std::string> workspaces;  ///< at least one, or `all`
  bool all = false;                     ///< all of them; `older_than` is set then
  bool yes = false;                     ///< doesn't ask
  bool force = false;                   ///< although a destination has an obstacle
  std::optional<std::chrono::milliseconds> older_than{};
  std::chrono::milliseconds timeout{60'000};  ///< for each
};

struct verify_options {
  status_selection selection;
  std::size_t limit = 0;  ///< of lines; 0: all
};

using command_options =
    std::variant<run_options, once_options, check_options, plan_options, status_options,
                 sync_options, event_options, reload_options, rotate_options, verify_options>;

}  // namespace tokensyncd::commands
