#include "daemon/runtime/process/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "daemon/model/exit_code.hpp"

namespace tokensyncd {

void flush_output() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int error = errno;
  if (flushed && std::ferror(stdout) == 0) {
    return;
  }
  // What an earlier write met isn't known any more.
  const std::string why = error == 0 ? "" : " (" + std::generic_category().message(error) + ")";
  throw command_failed(exit_code::no, "standard output cannot be written" + why +
                                          "; check the disk or pipe that it is written to");
}

void print_errors(std::string_view lines) {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    std::fprintf(stderr, "tokensyncd: %.*s\n", static_cast<int>(line.size()), line.data());
  }
}

}  // namespace tokensyncd
