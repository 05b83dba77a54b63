#include <cstdio>
#include <exception>
#include <string>
#include <variant>

#include "daemon/commands/console/command_line.hpp"
#include "daemon/commands/console/run_command.hpp"
#include "daemon/model/exit_code.hpp"
#include "daemon/runtime/process/hardening.hpp"
#include "daemon/runtime/process/limits.hpp"
#include "daemon/runtime/process/output.hpp"

namespace {

using namespace tokensyncd::commands;
using tokensyncd::command_failed;
using tokensyncd::exit_code;
using tokensyncd::flush_output;
using tokensyncd::print_errors;

exit_code perform_command(int argc, char** argv) {
  const auto parsed = parse_command_line(argc, argv);
  if (const auto* answer = std::get_if<early_exit>(&parsed)) {
    if (answer->code == exit_code::ok) {
      std::fputs(answer->text.c_str(), stdout);
    } else {
      print_errors(answer->text);
    }
    return answer->code;
  }
  const auto& [common, command] = std::get<invocation>(parsed);
  // A daemon catches them before it lets them through; of others they are the end, as usual.
  if (!std::holds_alternative<run_options>(command)) tokensyncd::release_requests();
  return std::visit([&](const auto& options) { return run_command(common, options); }, command);
}

}  // namespace

int main(int argc, char** argv) {
  tokensyncd::reset_inherited_signals();
  tokensyncd::raise_descriptor_limit();
  try {
    tokensyncd::require_descriptors(tokensyncd::descriptors_to_start);
    const exit_code code = perform_command(argc, argv);
    flush_output();
    return static_cast<int>(code);
  } catch (const command_failed& error) {
    print_errors(error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    if (const auto shortage = tokensyncd::shortage_of(error)) {
      print_errors(*shortage);
      return static_cast<int>(exit_code::os_error);
    }
    print_errors(std::string{error.what()} + "; this is a bug, please report it");
    return static_cast<int>(exit_code::no);
  }
}
