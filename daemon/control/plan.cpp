#include "daemon/control/plan.hpp"

#include <utility>

#include <boost/json.hpp>

namespace tokensyncd::control {

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
  return json::serialize(json::object{{"plan", std::move(all)}});
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
                   "the daemon's plan cannot be read; check that the daemon and this program have "
                   "the same version"};
  }
}

}  // namespace tokensyncd::control
