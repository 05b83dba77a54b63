#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/runtime/text.hpp"

namespace tokensyncd::sinks {

/// Whether a line shows nothing.
[[nodiscard]] inline bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Ends the sentence about a program that failed; `last_line` is empty where it wrote none.
[[nodiscard]] inline std::string where_output_is(std::string_view last_line) {
  return last_line.empty() ? "; it wrote nothing" : "; its output is in the log";
}

/// `last_line`, from which tokens are taken already, as `failure::output` has it.
[[nodiscard]] inline std::string shown_output(std::string_view last_line) {
  constexpr std::size_t most_bytes = 300;
  return printable(last_line, most_bytes);
}

}  // namespace tokensyncd::sinks
