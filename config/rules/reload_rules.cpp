#include "config/rules/reload_rules.hpp"

namespace tokensyncd::config {
namespace {

std::size_t count_removed(const std::vector<workspace>& before,
                          const std::vector<workspace>& after) {
  std::size_t removed = 0;
  auto next = after.begin();  // both are sorted by id
  for (const workspace& one : before) {
    while (next != after.end() && next->id < one.id) {
      ++next;
    }
    if (next == after.end() || next->id != one.id) {
      ++removed;
    }
  }
  return removed;
}

std::vector<std::string> listens(const configuration& all) {
  return all.webhook ? all.webhook->listen : std::vector<std::string>{};
}

}  // namespace

std::vector<std::string> changed_fixed_keys(const configuration& before,
                                            const configuration& after) {
  std::vector<std::string> names;
  const auto compare = [&](const char* name, const auto& old_value, const auto& new_value) {
    if (old_value != new_value) {
      names.emplace_back(name);
    }
  };
  compare("admin.listen", before.admin.listen, after.admin.listen);
  compare("admin.hosts", before.admin.hosts, after.admin.hosts);
  compare("admin.expose", before.admin.expose, after.admin.expose);
  compare("admin.socket", before.admin.socket, after.admin.socket);
  compare("admin.ready_grace", before.admin.ready_grace, after.admin.ready_grace);
  compare("webhook.listen", listens(before), listens(after));
  compare("state.type", before.state.in_memory, after.state.in_memory);
  compare("state.file", before.state.file, after.state.file);
  compare("state.required", before.state.required, after.state.required);
  return names;
}

removal judge_removal(const configuration& before, const configuration& after) {
  removal found;
  found.before = before.workspaces.size();
  found.removed = count_removed(before.workspaces, after.workspaces);
  const bool everything = found.before > 0 && found.removed == found.before;
  found.is_mass = everything || (found.removed >= 5 && found.removed * 5 > found.before);
  if (found.is_mass) {
    found.sentence =
        "the change would remove " + std::to_string(found.removed) + " of " +
        std::to_string(found.before) +
        " workspaces; if this is intended, confirm it with SIGHUP or `tokensyncd reload`";
  }
  return found;
}

}  // namespace tokensyncd::config
