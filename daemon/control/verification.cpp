#include "daemon/control/verification.hpp"

#include <utility>

#include <boost/json.hpp>

#include "daemon/control/read_answer.hpp"

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
  constexpr auto unreadable =
      "the daemon's answer cannot be read; check that the daemon and this program have the same "
      "version";
  return read_answer(text, unreadable, [](const json::object& whole) {
    std::vector<verify_line> lines;
    for (const auto& each : whole.at("verify").as_array()) {
      const auto& from = each.as_object();
      lines.push_back({text_in(from, "workspace"), text_in(from, "state"), text_in(from, "why")});
    }
    return lines;
  });
}

}  // namespace tokensyncd::control
