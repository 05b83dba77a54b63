#include "daemon/control/plan.hpp"

#include <utility>

#include <boost/json.hpp>

#include "daemon/control/read_answer.hpp"

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
  constexpr auto unreadable =
      "the daemon's plan cannot be read; check that the daemon and this program have the same "
      "version";
  return read_answer(text, unreadable, [](const json::object& whole) {
    std::vector<plan_line> lines;
    for (const auto& each : whole.at("plan").as_array()) {
      const auto& from = each.as_object();
      lines.push_back({text_in(from, "workspace"), text_in(from, "sink"), text_in(from, "action"),
                       text_in(from, "there"), text_in(from, "wanted"), text_in(from, "why")});
    }
    return lines;
  });
}

}  // namespace tokensyncd::control
