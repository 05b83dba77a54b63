#include "daemon/commands/plan_report.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "daemon/commands/table.hpp"

namespace tokensyncd::commands {

namespace {

namespace json = boost::json;
using action = sync::planned::action;

std::string_view name_of(action what) {
  switch (what) {
    case action::none:
      return "none";
    case action::write:
      return "write";
    case action::repair:
      return "repair";
    case action::not_seen_yet:
      return "not_seen_yet";
    case action::unknown:
      break;
  }
  return "unknown";
}

std::string for_people(const plan_line& line) {
  if (line.action == "not_seen_yet") {
    return "not seen yet";
  }
  return line.action == "unknown" ? "can't say: " + line.why : line.action;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

}  // namespace

std::vector<plan_line> plan_lines(const std::vector<sync::planned>& plan) {
  std::vector<plan_line> lines;
  lines.reserve(plan.size());
  for (const auto& each : plan) {
    lines.push_back({each.workspace, each.sink, std::string{name_of(each.what)},
                     each.there ? each.there->short_hex() : std::string{},
                     each.wanted ? each.wanted->short_hex() : std::string{}, each.why});
  }
  return lines;
}

std::string write_plan(const std::vector<plan_line>& lines) {
  json::array all;
  for (const auto& line : lines) {
    json::object one;
    one["workspace"] = line.workspace;
    one["sink"] = line.sink;
    one["action"] = line.action;
    one["there"] = line.there;
    one["wanted"] = line.wanted;
    one["why"] = line.why;
    all.push_back(std::move(one));
  }
  return json::serialize(all);
}

result<std::vector<plan_line>> read_plan(std::string_view text) {
  try {
    const auto whole = json::parse({text.data(), text.size()});
    std::vector<plan_line> lines;
    for (const auto& each : whole.as_object().at("plan").as_array()) {
      const auto& from = each.as_object();
      const auto member = [&from](const char* name) {
        return std::string{from.at(name).as_string()};
      };
      lines.push_back({member("workspace"), member("sink"), member("action"), member("there"),
                       member("wanted"), member("why")});
    }
    return lines;
  } catch (const std::exception&) {
    return failure{failure_kind::malformed,
                   "the daemon's plan can't be read: is it of another version than this program?"};
  }
}

std::string render_plan(const std::vector<plan_line>& lines) {
  std::vector<std::vector<std::string>> table{{"WORKSPACE", "SINK", "THERE", "WANTED", "ACTION"}};
  for (const auto& line : lines) {
    if (line.action != "none") {
      table.push_back(
          {line.workspace, line.sink, or_dash(line.there), or_dash(line.wanted), for_people(line)});
    }
  }
  const auto open = table.size() - 1;
  const auto summary = std::to_string(lines.size() - open) + " of " + std::to_string(lines.size()) +
                       " deliveries in sync\n";
  return open == 0 ? summary : summary + '\n' + render_table(table);
}

exit_code verdict(const std::vector<plan_line>& lines) {
  const auto any = [&](const auto& test) { return std::any_of(lines.begin(), lines.end(), test); };
  if (any([](const plan_line& line) { return line.action == "unknown"; })) {
    return exit_code::no;
  }
  return any([](const plan_line& line) { return line.action != "none"; }) ? exit_code::changes
                                                                          : exit_code::ok;
}

}  // namespace tokensyncd::commands
