#include "config/rules/reload_rules.hpp"

namespace tokensyncd::config {
namespace {

constexpr std::size_t most_named = 5;

workspace_changes count_changes(const std::vector<workspace>& before,
                                const std::vector<workspace>& after) {
  workspace_changes found{.before = before.size()};
  auto next = after.begin();  // both are sorted by id
  for (const workspace& one : before) {
    for (; next != after.end() && next->id < one.id; ++next) {
      ++found.added;
    }
    if (next != after.end() && next->id == one.id) {
      ++next;
      continue;
    }
    ++found.removed;
    if (found.removed_ids.size() < most_named) {
      found.removed_ids.push_back(one.id);
    }
  }
  found.added += static_cast<std::size_t>(after.end() - next);
  return found;
}

/// `acme, bolt and 3 more`.
std::string names_of_removed(const workspace_changes& changes) {
  std::string text;
  for (const std::string& each : changes.removed_ids) {
    text.append(text.empty() ? "" : ", ").append(each);
  }
  const std::size_t unnamed = changes.removed - changes.removed_ids.size();
  return unnamed == 0 ? text : text + " and " + std::to_string(unnamed) + " more";
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

workspace_changes compare_workspaces(const configuration& before, const configuration& after) {
  workspace_changes found = count_changes(before.workspaces, after.workspaces);
  const bool everything = found.before > 0 && found.removed == found.before;
  found.is_mass = everything || (found.removed >= 5 && found.removed * 5 > found.before);
  if (found.is_mass) {
    found.sentence = "the change would remove " + std::to_string(found.removed) + " of " +
                     std::to_string(found.before) + " workspaces: " + names_of_removed(found) +
                     "; if this is intended, confirm it with SIGHUP or `tokensyncd reload`";
  }
  return found;
}

std::string in_words(const workspace_changes& changes) {
  std::string text;
  if (changes.added != 0) {
    text = std::to_string(changes.added) + " added";
  }
  if (changes.removed != 0) {
    text.append(text.empty() ? "" : ", ").append(std::to_string(changes.removed));
    text.append(" removed (").append(names_of_removed(changes)).append(")");
  }
  return text.empty() ? text : "workspaces: " + text;
}

}  // namespace tokensyncd::config
