#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/commands/console/table.hpp"
#include "daemon/commands/status/status_table.hpp"

namespace tokensyncd::commands {
namespace {

constexpr std::size_t shown_at_most = 10;

struct line {
  const reported_workspace* whose;
  const reported_rotation* what;
};

/// `+12.3 ms`
std::string after(double milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "+%.1f ms", milliseconds);
  return text;
}

}  // namespace

std::string render_rotations(const status_report& report) {
  std::vector<line> all;
  for (const auto& workspace : report.workspaces) {
    for (const auto& rotation : workspace.rotations) all.push_back({&workspace, &rotation});
  }
  if (all.empty()) return {};
  std::ranges::sort(all, [](const line& a, const line& b) {
    return std::tie(b.what->due, a.whose->id) < std::tie(a.what->due, b.whose->id);
  });
  all.resize(std::min(all.size(), shown_at_most));

  std::vector<std::vector<std::string>> lines{{"WANTED", "WORKSPACE", "GENERATION", "TRIGGER",
                                               "ASKED", "FETCHED", "STORED", "SINK", "DELIVERED",
                                               "HOOK DONE"}};
  for (const auto& [whose, what] : all) {
    const std::vector<std::string> head{what->due ? format_rfc3339(*what->due) : "-",
                                        whose->id,
                                        std::to_string(what->generation),
                                        what->trigger,
                                        after(what->asked_ms),
                                        after(what->answered_ms),
                                        what->stored_ms ? after(*what->stored_ms) : "-"};
    const auto add = [&](std::string sink, std::string delivered, std::string hook) {
      auto cells = head;
      for (auto* each : {&sink, &delivered, &hook}) cells.push_back(std::move(*each));
      lines.push_back(std::move(cells));
    };
    for (const auto& one : what->sinks) {
      add(one.sink, after(one.delivered_ms), one.hook_ms ? after(*one.hook_ms) : "-");
    }
    if (what->sinks.empty()) add("-", "-", "-");
  }
  return "\nLatest rotations\n" + render_table(lines);
}

}  // namespace tokensyncd::commands
