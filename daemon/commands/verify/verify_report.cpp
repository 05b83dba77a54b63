#include "daemon/commands/verify/verify_report.hpp"

#include <algorithm>
#include <utility>

#include "daemon/commands/console/table.hpp"

namespace tokensyncd::commands {

namespace {

std::string for_people(const std::string& name) {
  if (name == "refused") {
    return "does not work";
  }
  if (name == "not_delivered") {
    return "not delivered";
  }
  return name == "not_seen_yet" ? "not seen yet" : "cannot tell";
}

}  // namespace

std::string render_verify(const std::vector<verify_line>& lines, std::size_t limit) {
  std::vector<std::vector<std::string>> table{{"WORKSPACE", "TOKEN", "WHY"}};
  for (const auto& line : lines) {
    if (line.state != "works") {
      table.push_back({line.workspace, for_people(line.state), line.why});
    }
  }
  const auto open = table.size() - 1;
  const auto unknown = std::ranges::count(lines, "unknown", &verify_line::state);
  auto summary = std::to_string(lines.size() - open) + " of " + std::to_string(lines.size()) +
                 " delivered tokens work";
  // Else it would look as if they didn't.
  if (unknown != 0) summary += "; " + std::to_string(unknown) + " could not be checked";
  summary += '\n';
  return open == 0 ? summary : summary + '\n' + render_table(std::move(table), limit);
}

exit_code exit_code_of(const std::vector<verify_line>& lines) {
  const bool all = std::all_of(lines.begin(), lines.end(),
                               [](const verify_line& line) { return line.state == "works"; });
  return all ? exit_code::ok : exit_code::no;
}

}  // namespace tokensyncd::commands
