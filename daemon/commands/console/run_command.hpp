#pragma once

#include "daemon/commands/console/options.hpp"
#include "daemon/model/exit_code.hpp"

namespace tokensyncd::commands {

/// Each performs one command and returns how the program ends. Throws command_failed where the
/// command can't begin or go on.
[[nodiscard]] exit_code run_command(const common_options& common, const run_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const once_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const check_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const plan_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const status_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const sync_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const event_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const reload_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const rotate_options& options);
[[nodiscard]] exit_code run_command(const common_options& common, const verify_options& options);

}  // namespace tokensyncd::commands
