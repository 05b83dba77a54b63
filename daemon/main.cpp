#include <cstdio>
#include <exception>
#include <variant>

#include "daemon/commands/command_line.hpp"
#include "daemon/commands/perform.hpp"
#include "daemon/exit_code.hpp"

namespace {

using namespace tokensyncd::commands;
using tokensyncd::command_failed;
using tokensyncd::exit_code;

exit_code perform_command(int argc, char** argv) {
  const auto parsed = parse_command_line(argc, argv);
  if (const auto* answer = std::get_if<said_all>(&parsed)) {
    const bool mistaken = answer->code != exit_code::ok;
    std::fprintf(mistaken ? stderr : stdout, mistaken ? "tokensyncd: %s\n" : "%s",
                 answer->text.c_str());
    return answer->code;
  }
  const auto& [common, command] = std::get<invocation>(parsed);
  return std::visit([&](const auto& options) { return perform(common, options); }, command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(perform_command(argc, argv));
  } catch (const command_failed& error) {
    std::fprintf(stderr, "tokensyncd: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tokensyncd: %s; this is a bug, please report it\n", error.what());
    return static_cast<int>(exit_code::no);
  }
}
