#pragma once

#include <string_view>

namespace tokensyncd {

/// Makes sure that all that went to standard output has got there. Throws command_failed(no) where
/// it couldn't be written: a report that nobody got is no success.
void flush_output();

/// Says on stderr what went wrong, each line as `tokensyncd: …`.
void print_errors(std::string_view lines);

}  // namespace tokensyncd
