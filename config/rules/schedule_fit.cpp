#include "config/rules/schedule_fit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <vector>

#include "config/units.hpp"

namespace tokensyncd::config {
namespace {

using days = std::chrono::duration<double, std::chrono::days::period>;

constexpr double vendor_limit = 30;  // calls per second and address

/// How many workspaces have each profile.
std::vector<std::size_t> users_of_profiles(const configuration& all) {
  std::vector<std::size_t> users(all.profiles.size());
  for (const workspace& one : all.workspaces) {
    ++users[one.profile];
  }
  return users;
}

/// How many a policy allows: one when its window opens, and another one after each gap.
double rotations_a_day(const rotation_policy& how) {
  const days gap = days{how.at_most.period} / how.at_most.count;
  if (!how.window) return 1 / gap.count();
  const double each = 1 + std::floor(days{how.window->closes - how.window->opens} / gap);
  return std::min(openings_a_day(*how.window) * each, 1 / gap.count());
}

double checks_per_second(const configuration& all) {
  const std::vector<std::size_t> users = users_of_profiles(all);
  double total = 0;
  for (std::size_t at = 0; at < users.size(); ++at) {
    const std::chrono::duration<double> interval = all.profiles[at].interval;
    total += static_cast<double>(users[at]) / interval.count();
  }
  return total;
}

std::string remedy(double wanted, double available) {
  const double needed = std::ceil(wanted / (1 - kept_for_urgent));
  std::string text = "; make the intervals ";
  // Rounded up, or the advice would miss by a hair.
  text += format_number(std::ceil(wanted / available * 100) / 100) + " times as long";
  if (needed <= vendor_limit) {
    text += ", or raise `partner.rate_limit` to " + format_rate(needed);
  } else {
    text += " (it would need a limit of " + format_rate(needed) +
            ", but the vendor allows 30/s per address)";
  }
  return text;
}

}  // namespace

schedule_fit judge_schedule(const configuration& all) {
  schedule_fit fit;
  fit.wanted = checks_per_second(all);
  const std::string wanted =
      "the schedule asks for " + format_number(fit.wanted) + " checks a second";
  if (all.partner.rate_limit <= 0) {
    fit.sentence =
        wanted + ", and no rate limit is configured (the vendor allows 30/s per address)";
    return fit;
  }
  fit.available = all.partner.rate_limit * (1 - kept_for_urgent);
  fit.fits = fit.wanted <= fit.available;
  fit.sentence = wanted + (fit.fits ? ", within the " : ", more than the ") +
                 format_number(fit.available) + " that `partner.rate_limit` (" +
                 format_rate(all.partner.rate_limit) +
                 ") leaves for polls; a fifth is reserved for events and rotations";
  if (!fit.fits) {
    fit.sentence += remedy(fit.wanted, fit.available);
  }
  return fit;
}

std::string judge_rotations(const configuration& all) {
  const std::vector<std::size_t> users = users_of_profiles(all);
  double needed = 0;  // rotations a day
  double load = 0;    // of what the policies allow
  for (std::size_t at = 0; at < users.size(); ++at) {
    const auto& how = all.profiles[at].rotation;
    if (!how) continue;
    const double wanted = static_cast<double>(users[at]) / days{how->max_age}.count();
    const double allowed = rotations_a_day(*how);
    needed += wanted;
    load += wanted / allowed;
  }
  if (load <= 1) return {};
  return "rotation: `max_age` needs " + format_number(needed) +
         " rotations a day, but `at_most` and `window` allow " + format_number(needed / load) +
         ", so tokens get older; raise `at_most` or `max_age`, or widen `window`";
}

}  // namespace tokensyncd::config
