#include "daemon/telemetry/summary.hpp"

#include <cstddef>
#include <string_view>

#include "daemon/model/time.hpp"
#include "daemon/runtime/text.hpp"

namespace tokensyncd::telemetry {
namespace {

std::string with_commas(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t position = digits.size(); position > 3;) {
    position -= 3;
    digits.insert(position, ",");
  }
  return digits;
}

std::string_view without_stop(std::string_view sentence) {
  if (sentence.ends_with('.')) sentence.remove_suffix(1);
  return sentence;
}

std::string_view what_refused(metrics::refusal_reason why) {
  switch (why) {
    case metrics::refusal_reason::invalid:
      return "configuration refused: the next start fails";
    case metrics::refusal_reason::restart:
      return "configuration refused: only a restart can apply it";
    case metrics::refusal_reason::removal:
      return "configuration refused: the next start removes workspaces";
  }
  return "configuration refused";
}

}  // namespace

std::string summarize(const sync::fleet_status& fleet, side_trouble trouble) {
  const auto count = [&fleet](sync::workspace_state state) {
    return fleet.workspaces[static_cast<std::size_t>(state)];
  };
  std::string line =
      with_commas(fleet.pairs_in_sync) + " of " + with_commas(fleet.pairs) + " in sync";
  std::size_t known = 0;
  for (const std::size_t each : fleet.workspaces) known += each;
  const bool are_gone = known > 1 && count(sync::workspace_state::gone) == known;
  if (are_gone)
    line +=
        ", the Partner API knows none of the workspaces: check partner.api_url and partner.id, "
        "or ask its support";
  known -= count(sync::workspace_state::gone);
  if (known > 1 && count(sync::workspace_state::denied) == known)
    line += ", the Partner API denies every workspace: check partner.id, or ask its support";
  for (const auto state : {sync::workspace_state::denied, sync::workspace_state::gone}) {
    if (count(state) == 0) continue;
    line.append(", ").append(with_commas(count(state))).append(" ").append(to_string(state));
  }
  if (const auto disputed = count(sync::workspace_state::disputed); disputed != 0) {
    line.append(", the API's answers disagree for ").append(with_commas(disputed));
  }
  if (fleet.throttled_until) {
    line.append(", API throttled until ").append(format_rfc3339(*fleet.throttled_until));
  }
  if (fleet.next_probe) {
    line.append(", API down, next probe at ").append(format_rfc3339(*fleet.next_probe));
  }
  if (trouble.state) line += ", state cannot be written";
  if (trouble.audit) line += ", audit log cannot be written";
  if (trouble.refused) line.append(", ").append(what_refused(*trouble.refused));
  for (const sync::sink_totals& sink : fleet.sinks) {
    if (sink.hook_failures != 0) line.append(", the hook of ").append(sink.name).append(" fails");
    if (!sink.last_error.empty()) {
      line.append(", ").append(sink.name).append(": ").append(without_stop(sink.last_error));
    } else if (sink.login_error && !sink.login_error->empty()) {
      line.append(", ").append(sink.name).append(": ").append(without_stop(*sink.login_error));
    } else if (sink.failing != 0 && sink.out_of_sync != 0) {
      line.append(", ").append(sink.name).append(": ").append(with_commas(sink.failing));
      line.append(" failing, ").append(without_stop(sink.place_error));
    }
  }
  std::string shown;
  append_printable(shown, line, 360);
  return shown;
}

}  // namespace tokensyncd::telemetry
