#include "config/sections/rotation_section.hpp"

#include <chrono>
#include <utility>

#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds shortest_age = 1h;
constexpr milliseconds longest_age = 24h * 3650;
constexpr unsigned most_failures = 100;

void read_max_age(const section& in, std::optional<milliseconds>& target) {
  const auto written = in.quantity("max_age");
  if (!written) return;
  if (*written == "never") {
    target = 0ms;
    return;
  }
  milliseconds given{0};
  in.read("max_age", given, shortest_age, longest_age);
  // One that was refused isn't said to be missing besides.
  target = given != 0ms ? given : longest_age;
}

void read_window(const section& in, std::optional<time_window>& target) {
  const auto given = in.text("window");
  if (!given) return;
  parsed_window found = parse_time_window(*given);
  if (!found.value) in.error(*in.find("window"), "window", found.trouble);
  target = std::move(found.value);
}

void read_rate(const section& in, std::optional<rotation_rate>& target) {
  const auto given = in.text("at_most");
  if (!given) return;
  const auto found = parse_count_per(*given);
  if (found) {
    target = rotation_rate{found->first, found->second};
  } else {
    in.error(*in.find("at_most"), "at_most",
             "must be a whole number from 1 to 10000 and its time, such as \"5 per hour\" (or "
             "minute, day)");
  }
}

/// What is of all workspaces together.
void read_common(const section& own, rotation_entry& made) {
  read_rate(own, made.at_most);
  if (own.find("stop_after_failures") == nullptr) return;
  unsigned failures = 1;
  own.read("stop_after_failures", failures, 1, most_failures);
  made.stop_after_failures = failures;
}

void refuse_common(const section& own) {
  for (const char* const key : {"at_most", "stop_after_failures"}) {
    const node* const there = own.find(key);
    if (there == nullptr) continue;
    own.key_error(*there, key,
                  "is of all workspaces together; set it in `workspace_defaults.rotation`");
  }
}

}  // namespace

std::optional<rotation_entry> read_rotation(const section& in, reading& from, settings_of whose) {
  const node* const value = in.find("rotation");
  if (value == nullptr) return {};
  const section own{*value, in.full("rotation"), from};
  own.know(keys::rotation);
  rotation_entry made;
  read_max_age(own, made.max_age);
  read_window(own, made.window);
  if (whose == settings_of::defaults) {
    read_common(own, made);
  } else {
    refuse_common(own);
  }
  return made;
}

std::optional<rotation_policy> policy_of(const std::optional<rotation_entry>& own,
                                         const std::optional<rotation_entry>& defaults) {
  const rotation_entry mine = own.value_or(rotation_entry{});
  const rotation_entry theirs = defaults.value_or(rotation_entry{});
  const auto either = [](const auto& first, const auto& second) { return first ? first : second; };
  rotation_policy made;
  made.max_age = either(mine.max_age, theirs.max_age).value_or(0ms);
  if (made.max_age == 0ms) return {};
  made.window = either(mine.window, theirs.window);
  made.at_most = theirs.at_most.value_or(made.at_most);
  made.stop_after_failures = theirs.stop_after_failures.value_or(made.stop_after_failures);
  return made;
}

bool has_no_age(const std::optional<rotation_entry>& own,
                const std::optional<rotation_entry>& defaults) {
  const bool is_said = (own && own->max_age) || (defaults && defaults->max_age);
  return (own || defaults) && !is_said;
}

}  // namespace tokensyncd::config
