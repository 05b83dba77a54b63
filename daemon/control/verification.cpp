#include "daemon/control/verification.hpp"

#include <utility>

#include <boost/json.hpp>

namespace tokensyncd::control {

namespace {

namespace json = boost::json;
using state = sync::verified_token::state;

std::string_view name_of(state how) {
  switch (how) {
    case state::works:
      return "works";
    case state::refused:
      return "refused";
    case state::not_delivered:
      return "not_delivered";
    case state::not_seen_yet:
      return "not_seen_yet";
    case state::unknown:
      break;
  }
  return "unknown";
}

}  // namespace

std::vector<verify_line> verify_lines(const std::vector<sync::verified_token>& all) {
  std::vector<verify_line> lines;
  lines.reserve(all.size());
  for (const auto& each : all) {
    lines.push_back({each.workspace, std::string{name_of(each.how)}, each.why});
  }
  return lines;
}

std::string write_verify(const std::vector<verify_line>& lines) {
  json::array all;
  for (const auto& line : lines) {
    all.push_back(
        json::object{{"workspace", line.workspace}, {"state", line.state}, {"why", line.why}});
  }
  return json::serialize(json::object{{"verify", std::move(all)}});
}

result<std::vector<verify_line>> read_verify(std::string_view text) {
  try {
    const auto whole = json::parse({text.data(), text.size()});
    std::vector<verify_line> lines;
    for (const auto& each : whole.as_object().at("verify").as_array()) {
      const auto& from = each.as_object();
      const auto member = [&from](const char* name) {
        return std::string{from.at(name).as_string()};
      };
      lines.push_back({member("workspace"), member("state"), member("why")});
    }
    return lines;
  } catch (const std::exception&) {
    return failure{failure_kind::malformed,
                   "the daemon's answer cannot be read; check that the daemon and this program "
                   "have the same version"};
  }
}

}  // namespace tokensyncd::control
