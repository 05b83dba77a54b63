#include "daemon/telemetry/summary.hpp"

#include <cstddef>
#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::telemetry {
namespace {

std::string with_commas(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3;) {
    place -= 3;
    digits.insert(place, ",");
  }
  return digits;
}

std::string_view without_stop(std::string_view sentence) {
  if (sentence.ends_with('.')) sentence.remove_suffix(1);
  return sentence;
}

}  // namespace

std::string summarize(const sync::fleet_status& fleet, side_trouble trouble) {
  const auto count = [&fleet](sync::workspace_state state) {
    return fleet.workspaces[static_cast<std::size_t>(state)];
  };
  std::string line =
      with_commas(fleet.pairs_in_sync) + " of " + with_commas(fleet.pairs) + " in sync";
  for (const auto state : {sync::workspace_state::denied, sync::workspace_state::gone}) {
    if (count(state) == 0) continue;
    line.append(", ").append(with_commas(count(state))).append(" ").append(to_string(state));
  }
  if (fleet.throttled_until) {
    line.append(", API throttled until ").append(format_rfc3339(*fleet.throttled_until));
  }
  if (fleet.next_probe) {
    line.append(", API down, next probe at ").append(format_rfc3339(*fleet.next_probe));
  }
  if (trouble.state) line += ", state can't be written";
  if (trouble.audit) line += ", audit log can't be written";
  for (const sync::sink_totals& sink : fleet.sinks) {
    if (sink.last_error.empty()) continue;
    line.append(", ").append(sink.name).append(": ").append(without_stop(sink.last_error));
  }
  std::string shown;
  append_printable(shown, line, 360);
  return shown;
}

}  // namespace tokensyncd::telemetry
