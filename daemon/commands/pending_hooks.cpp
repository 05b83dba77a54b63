#include "daemon/commands/pending_hooks.hpp"

namespace tokensyncd::commands {

std::string unseen_by_hook(std::string_view sink, std::string_view workspace) {
  return "the hook of " + std::string{sink} + " has not succeeded for the token of " +
         std::string{workspace};
}

std::string pending_hooks(const sync::status_view& all) {
  std::string lines;
  sync::workspace_status each;
  for (std::string after; all.next(after, each); after = each.id) {
    for (const auto& sink : each.sinks) {
      if (!sink.hook_pending) {
        continue;
      }
      lines += unseen_by_hook(sink.name, each.id);
      lines += ": ";
      lines += sink.hook_error.empty() ? "the time limit passed first" : sink.hook_error;
      lines += '\n';
    }
  }
  return lines;
}

}  // namespace tokensyncd::commands
