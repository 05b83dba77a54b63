#include "daemon/commands/plan/plan_report.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/commands/console/table.hpp"

namespace tokensyncd::commands {

namespace {

std::string for_people(const plan_line& line) {
  if (line.action == "not_seen_yet") {
    return "not seen yet";
  }
  if (line.why.empty()) return line.action;
  return line.action == "unknown" ? "unknown: " + line.why : line.action + ", but " + line.why;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

/// Of what somebody has changed only the record is known, which would look as if all were well.
std::string there_of(const plan_line& line) {
  return line.action == "repair" ? "changed" : or_dash(line.there);
}

/// The lower the worse: what nobody knows, what can't be done, what is to be done.
int rank_of(const plan_line& line) {
  if (line.action == "unknown") return 0;
  return line.why.empty() ? 2 : 1;
}

}  // namespace

std::string render_plan(const std::vector<plan_line>& lines, std::size_t limit) {
  std::vector<const plan_line*> shown;
  for (const plan_line& line : lines)
    if (line.action != "none") shown.push_back(&line);
  const auto order = [](const plan_line* line) {
    return std::tuple{rank_of(*line), std::string_view{line->workspace},
                      std::string_view{line->sink}};
  };
  std::ranges::sort(shown, {}, order);
  std::vector<std::vector<std::string>> table{{"WORKSPACE", "SINK", "THERE", "WANTED", "ACTION"}};
  for (const plan_line* each : shown) {
    table.push_back(
        {each->workspace, each->sink, there_of(*each), or_dash(each->wanted), for_people(*each)});
  }
  const auto open = table.size() - 1;
  const auto summary = std::to_string(lines.size() - open) + " of " + std::to_string(lines.size()) +
                       " deliveries in sync\n";
  return open == 0 ? summary : summary + '\n' + render_table(std::move(table), limit);
}

exit_code exit_code_of(const std::vector<plan_line>& lines) {
  const auto any = [&](const auto& test) { return std::any_of(lines.begin(), lines.end(), test); };
  if (any([](const plan_line& line) { return line.action == "unknown"; })) {
    return exit_code::no;
  }
  return any([](const plan_line& line) { return line.action != "none"; }) ? exit_code::changes
                                                                          : exit_code::ok;
}

}  // namespace tokensyncd::commands
