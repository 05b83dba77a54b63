#include "daemon/sinks/hook/changed_workspaces.hpp"

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tokensyncd::sinks {
namespace {

std::string lines_of(std::span<const sync::hook_change> changes) {
  std::string lines;
  for (const sync::hook_change& each : changes) {
    boost::json::object line;
    line["workspace_id"] = each.workspace;
    line["generation"] = each.generation;
    if (!lines.empty()) lines += '\n';
    lines += boost::json::serialize(line);
  }
  return lines;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

result<changed_workspaces> list_workspaces(std::span<const sync::hook_change> changes) {
  changed_workspaces made{lines_of(changes)};
  if (made.variable.size() <= changed_workspaces::longest_in_variable) return made;
  // In memory, as a service may have no directory where it can write, and nothing is left behind.
  made.file = owned_fd{::memfd_create("workspaces", MFD_CLOEXEC)};
  if (!made.file.is_open() || !write_all(made.file.number(), made.variable + "\n")) {
    return failure{failure_kind::io_error,
                   "the list of changed workspaces cannot be held in memory: " +
                       std::generic_category().message(errno)};
  }
  made.variable = "/proc/self/fd/3";
  return made;
}

}  // namespace tokensyncd::sinks
