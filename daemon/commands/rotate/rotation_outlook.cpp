#include "daemon/commands/rotate/rotation_outlook.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/runtime/text.hpp"

namespace tokensyncd::commands {

namespace {

using namespace std::chrono_literals;

std::string state_of(const sync::rotation_destination& destination) {
  if (!destination.obstacle.empty())
    return "would NOT accept a new token: " + printable(destination.obstacle);
  return destination.in_sync ? "in sync" : "not in sync, can be written";
}

std::string render_one(const outlook_line& one) {
  std::string text = printable(one.workspace) + ": ";
  if (one.generation == 0) {
    text += "its token is not known yet\n";
  } else {
    text += "generation " + std::to_string(one.generation) + " (" + one.fingerprint + ")";
    text += one.age ? ", " + format_age(*one.age) + " old\n" : "\n";
  }
  for (const sync::rotation_destination& each : one.destinations) {
    text += "  " + printable(each.sink) + " (" + printable(each.destination) +
            "): " + state_of(each) + '\n';
  }
  return text;
}

}  // namespace

bool is_obstructed(const outlook_line& line) {
  return std::ranges::any_of(line.destinations, [](const sync::rotation_destination& each) {
    return !each.obstacle.empty();
  });
}

std::string format_age(std::chrono::seconds age) {
  constexpr std::array<std::pair<std::chrono::seconds, std::string_view>, 3> units{
      {{24h, " days"}, {1h, " hours"}, {1min, " minutes"}}};
  for (const auto& [unit, name] : units) {
    if (age >= 2 * unit) return std::to_string(age / unit) + std::string{name};
  }
  return std::to_string(std::max(age, 0s).count()) + " seconds";
}

std::string render_question(const std::vector<outlook_line>& all, question_options how) {
  std::string text = "This replaces the API token of\n";
  std::size_t left = 0;
  for (const outlook_line& one : all) {
    text += render_one(one);
    if (is_obstructed(one) && !how.force) ++left;
  }
  if (how.only_old_ones) text += "if it is older than --if-older-than.\n";
  if (left != 0) {
    text += std::to_string(left) + " of " + std::to_string(all.size()) +
            " will not be rotated, because a destination is not ready for a new token.\n";
  }
  return text +
         "The old token stops working at once. A service that has it from another place, or that "
         "does not\nread these places again, loses access. This cannot be undone.\nContinue? "
         "[y/N] ";
}

}  // namespace tokensyncd::commands
